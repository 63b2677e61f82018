"""An examination as the record that JSON and the page are made from; see docs/reference/audit.md."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from unheard.data.audit.examination import Examination
from unheard.data.audit.findings import findings
from unheard.data.audit.traits import TRAITS
from unheard.data.folds.fold_set import FoldSet
from unheard.records import Utterance
from unheard.schemas.audit import (
    AuditConfound,
    AuditFinding,
    AuditFolds,
    AuditReport,
    AuditTraits,
    ColumnTie,
    FoldSizes,
    LeakBetweenParts,
    NearDuplicate,
    SharedKind,
)
from unheard.schemas.corpus import SkippedRecording

__all__ = ["audit_report"]


def audit_report(seen: Examination, *, version: str, created: str, command: str) -> AuditReport:
    """Everything that was found, as one record.

    Args:
        seen: from `examine`.
        version: of the program.
        created: time in UTC, ISO 8601.
        command: what was typed.
    """
    found = seen.audit
    return AuditReport(
        unheard=version,
        created=created,
        command=command,
        corpora=sorted({item.corpus for item in seen.utterances}),
        has_leak=seen.has_leak,
        findings=[
            AuditFinding(severity=one.severity, kind=one.kind, text=one.text, examples=list(one.examples))
            for one in findings(seen)
        ],
        utterances=found.utterances,
        speakers=found.speakers,
        chance=found.chance,
        emotion_bits=found.emotion_bits,
        class_counts=dict(found.class_counts),
        speaker_class_counts={who: dict(own) for who, own in found.speaker_class_counts.items()},
        ties={
            column: ColumnTie(**asdict(tie), folds_uar=seen.lookups.get(column)) for column, tie in found.ties.items()
        },
        confounds=_confounds(seen),
        answered=seen.answered,
        traits=_traits(seen),
        duplicates=[list(group) for group in found.duplicates],
        near_duplicates=[NearDuplicate(**asdict(pair)) for pair in seen.twins],
        folds=None if seen.folds is None else _folds(seen.folds, sessions_matter=seen.sessions_matter),
        sharing={
            own.column: SharedKind(grave=own.grave, known=own.known, shared=len(own.values), folds=list(own.folds))
            for own in seen.sharing
        },
        leaks=_leaks(seen),
        unusable=[SkippedRecording(file=name, problem=problem) for name, problem in seen.measured.unusable],
        set_aside=[SkippedRecording(file=name, problem=str(problem)) for name, problem in seen.measured.set_aside],
    )


def _confounds(seen: Examination) -> list[AuditConfound]:
    return [
        AuditConfound(
            trait=own.trait,
            of="corpus" if own.of == "corpus" else "emotion",
            items=own.items,
            uar=own.uar,
            chance=own.chance,
            p=own.p,
            medians=dict(own.medians),
            gives_away=bool(own.gives_away),
        )
        for own in seen.confounds
    ]


def _folds(folds: FoldSet, *, sessions_matter: bool) -> AuditFolds:
    return AuditFolds(
        source=folds.source,
        form=folds.form,
        sizes={
            fold.name: FoldSizes(train=len(fold.train), dev=len(fold.dev), test=len(fold.test))
            for fold in folds.folds
        },
        strangers=list(folds.strangers),
        left_out=list(folds.left_out),
        sessions_matter=sessions_matter,
    )


def _leaks(seen: Examination) -> list[LeakBetweenParts]:
    return [
        LeakBetweenParts(
            fold=leak.fold,
            column=leak.column,
            value=leak.value,
            parts=list(leak.parts),
            utterances=list(leak.utterances),
        )
        for own in seen.sharing
        if own.grave
        for leak in own.leaks
    ]


def _traits(seen: Examination) -> AuditTraits:
    """Medians of every trait, by emotion and by corpus."""
    emotions = {str(item.emotion) for item in seen.utterances if item.emotion is not None}
    corpora = {item.corpus for item in seen.utterances}
    return AuditTraits(
        emotion={
            emotion: _medians(seen, [item for item in seen.utterances if item.emotion == emotion])
            for emotion in sorted(emotions)
        },
        corpus={
            corpus: _medians(seen, [item for item in seen.utterances if item.corpus == corpus])
            for corpus in sorted(corpora)
        },
    )


def _medians(seen: Examination, items: Sequence[Utterance]) -> dict[str, float | None]:
    rows = [seen.measured.traits[item.name] for item in items]
    return {trait.name: float(np.median([getattr(row, trait.name) for row in rows])) for trait in TRAITS}
