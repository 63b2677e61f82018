"""What to distrust in a result, by rules; each caution says what was seen and what follows."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["cautions"]

Result = Mapping[str, Any]


def _mean(value: Any) -> float | None:
    mean = value.get("mean") if isinstance(value, Mapping) else None
    return float(mean) if isinstance(mean, (int, float)) and math.isfinite(mean) else None


def cautions(result: Result) -> list[str]:
    """All cautions, the gravest first; empty only if nothing was found."""
    found = [str(warning) for warning in result.get("warnings") or []]
    for rule in (_split, _numbers, _leakage, _objectives):
        found += [caution for caution in rule(result) if caution not in found]
    return found


def _split(result: Result) -> Iterator[str]:
    split, warned = result.get("split") or {}, " ".join(map(str, result.get("warnings") or []))
    if split.get("inflated") and "INFLATED" not in warned:
        yield "INFLATED: speakers stand in train and test at once. This is a diagnostic, not a result."
    if split and not split.get("inflated") and "sentence" not in (split.get("disjoint") or []):
        yield (
            "The test sentences may have been heard in training: a model can compare with a remembered sentence. "
            "Where the corpus knows its sentences, run the speaker_and_sentence_disjoint split, too."
        )


def _numbers(result: Result) -> Iterator[str]:
    seeds = result.get("seeds") or []
    if len(seeds) < 3:
        count = f"{len(seeds)} seed{'' if len(seeds) == 1 else 's'}"
        yield f"{count}: how far chance in training moves the figures is not known."
    speakers = (result.get("corpus") or {}).get("speakers")
    if isinstance(speakers, int) and speakers < 10:
        yield f"Only {speakers} speakers: intervals over speakers are wide and may still be too narrow."
    for label, own in result["objectives"].items():
        ends = (own.get("uar") or {}).get("interval") or []
        if len(ends) == 2 and all(isinstance(end, (int, float)) for end in ends) and ends[1] - ends[0] > 0.1:
            yield f"{label}: the interval over speakers spans {100 * (ends[1] - ends[0]):.0f} points."
        absent = {name for fold in own.get("per_fold") or [] for name in fold.get("absent") or []}
        if absent:
            yield (
                f"Some folds have no {', '.join(sorted(absent))}: their own UAR leaves such a class out. "
                "The headline pools all folds and is not touched by that."
            )
            break


def _leakage(result: Result) -> Iterator[str]:
    references = result.get("references") or {}
    raw = _mean((references.get("raw_features") or {}).get("best"))
    chance = _mean((references.get("chance") or {}).get("best"))
    for label, own in result["objectives"].items():
        leak = _mean((own.get("leakage") or {}).get("best"))
        if leak is None:
            continue
        if raw is not None and leak >= raw:
            yield f"{label}: a probe reads the speaker from the embedding at least as well as from the raw features."
        elif chance is not None and leak > 2 * chance:
            rates = f"{100 * leak:.0f} % of the time ({100 * chance:.0f} % by chance)"
            yield f"{label}: a fresh probe still names the speaker {rates}."


def _objectives(result: Result) -> Iterator[str]:
    for label, own in result["objectives"].items():
        if own.get("name") == "cgt":
            yield f"{label} augments along the speaker's direction, it removes nothing: its probe may stay high."
        weight = (own.get("settings") or {}).get("weight", 0)
        if own.get("name") == "dat" and weight < 0 and _below_chance(result, own):
            yield (
                f"{label}: the adversary ended below chance, which a reversed cross-entropy reaches by swapping "
                'identities, not by removing them. Try form = "confusion".'
            )
        worst, mean = (own.get("worst_speaker") or {}).get("uar"), _mean(own.get("uar"))
        if isinstance(worst, (int, float)) and mean is not None and mean - worst > 0.2:
            yield f"{label}: the worst speaker gets {worst:.2f}, {100 * (mean - worst):.0f} points below the whole."


def _below_chance(result: Result, own: Result) -> bool:
    chance = _mean(((result.get("references") or {}).get("chance") or {}).get("best"))
    ends = [curve["speaker_accuracy"][-1] for curve in own.get("curves") or [] if curve.get("speaker_accuracy")]
    known = [end for end in ends if isinstance(end, (int, float))]
    return chance is not None and bool(known) and sum(known) / len(known) < 0.8 * chance
