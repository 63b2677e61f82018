"""An examination as plain values for JSON and the page; see docs/reference/audit.md."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from unheard.data.audit.examination import Examination
from unheard.data.audit.findings import findings
from unheard.data.audit.traits import TRAITS
from unheard.records import Utterance

__all__ = ["plain"]


def plain(seen: Examination) -> dict[str, Any]:
    """Everything that was found, as dictionaries, lists, text and numbers; what is not finite is None."""
    folds = seen.folds
    body = {
        "corpora": sorted({item.corpus for item in seen.utterances}),
        "has_leak": seen.has_leak,
        "findings": [asdict(finding) for finding in findings(seen)],
        "utterances": seen.audit.utterances,
        "speakers": seen.audit.speakers,
        "chance": seen.audit.chance,
        "emotion_bits": seen.audit.emotion_bits,
        "class_counts": dict(seen.audit.class_counts),
        "speaker_class_counts": {who: dict(own) for who, own in seen.audit.speaker_class_counts.items()},
        "ties": {
            column: asdict(tie) | {"folds_uar": seen.lookups.get(column)} for column, tie in seen.audit.ties.items()
        },
        "confounds": [asdict(own) | {"gives_away": own.gives_away} for own in seen.confounds],
        "answered": seen.answered,
        "traits": _traits(seen),
        "duplicates": [list(group) for group in seen.audit.duplicates],
        "near_duplicates": [asdict(pair) for pair in seen.twins],
        "folds": None
        if folds is None
        else {
            "source": folds.source,
            "form": folds.form,
            "sizes": {
                fold.name: {"train": len(fold.train), "dev": len(fold.dev), "test": len(fold.test)}
                for fold in folds.folds
            },
            "strangers": list(folds.strangers),
            "left_out": list(folds.left_out),
            "sessions_matter": seen.sessions_matter,
        },
        "sharing": {
            own.column: {"grave": own.grave, "known": own.known, "shared": len(own.values), "folds": list(own.folds)}
            for own in seen.sharing
        },
        "leaks": [asdict(leak) for own in seen.sharing if own.grave for leak in own.leaks],
        "unusable": [{"file": name, "problem": problem} for name, problem in seen.heard.unusable],
        "set_aside": [{"file": name, "problem": str(problem)} for name, problem in seen.heard.set_aside],
    }
    cleaned: dict[str, Any] = _cleaned(body)
    return cleaned


def _traits(seen: Examination) -> dict[str, Any]:
    """Medians of every trait, by emotion and by corpus."""
    emotions = {str(item.emotion) for item in seen.utterances if item.emotion is not None}
    corpora = {item.corpus for item in seen.utterances}
    return {
        "emotion": {
            emotion: _medians(seen, [item for item in seen.utterances if item.emotion == emotion])
            for emotion in sorted(emotions)
        },
        "corpus": {
            corpus: _medians(seen, [item for item in seen.utterances if item.corpus == corpus])
            for corpus in sorted(corpora)
        },
    }


def _medians(seen: Examination, items: Sequence[Utterance]) -> dict[str, float]:
    rows = [seen.heard.traits[item.name] for item in items]
    return {trait.name: float(np.median([getattr(row, trait.name) for row in rows])) for trait in TRAITS}


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _cleaned(own) for key, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(own) for own in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
