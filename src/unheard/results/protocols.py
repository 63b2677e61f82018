"""One recipe under other protocols, side by side: what unseen speakers cost, what unseen sentences, what habit hides.

`random` deals utterances (dev too) with no regard to who speaks, in as many folds as the recipe's own split has, so
that the parts are alike in size. It is a diagnostic and marked as inflated; its distance from the honest figure is
the inflation. `sentences` keeps the recipe's speaker groups and leaves sentences out as well. `adaptive` keeps the
split and normalizes features by their speaker (see `adaptation`); `adaptive-sentences` does both.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unheard.data.folds.files import dealt_column
from unheard.errors import RunError, SettingsError, SplitError, nearest
from unheard.experiment.preparation import Prepared
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.split_plans import draw_plans
from unheard.results.comparison import System, read_systems
from unheard.results.files import read_record, read_result, write_record
from unheard.schemas.comparison import Comparison, ComparisonSummary
from unheard.schemas.corpus import Split
from unheard.schemas.protocols import ProtocolComparison, ProtocolDifference, ProtocolSummary
from unheard.schemas.result import Result
from unheard.schemas.scores import UarScores
from unheard.statistics.significance import Paired, correct_differences, paired_difference

__all__ = [
    "INFLATION",
    "OWN",
    "PROTOCOLS",
    "compare_protocols",
    "parse_protocols",
    "read_protocols",
    "under",
    "write_protocols",
]

INFLATION = "inflation.json"
OWN = "own"
"""The recipe's own split."""
PROTOCOLS = {
    "sentences": "unseen speakers and sentences",
    "adaptive": "unseen speakers, adaptive",
    "adaptive-sentences": "unseen speakers and sentences, adaptive",
    "random": "random split (inflated)",
}
"""Name of each protocol beside the recipe's own, which is also its folder, and its title."""
_SENTENCE_GROUPS = 2


def parse_protocols(text: str) -> dict[str, int | None]:
    """'random,sentences=3' -> the protocols asked for, with the number of sentence groups where it is given.

    >>> parse_protocols("random,sentences=3")
    {'random': None, 'sentences': 3}

    Raises:
        SettingsError: there is no such protocol, or the number is none of 2 or more.
    """
    found: dict[str, int | None] = {}
    for asked in filter(None, (part.strip() for part in text.split(","))):
        name, separator, number = (part.strip() for part in asked.partition("="))
        if name not in PROTOCOLS:
            near = nearest(name, PROTOCOLS)
            hint = f"did you mean '{near}'? " if near else ""
            raise SettingsError("--also", asked, f"no such protocol; {hint}known: {', '.join(PROTOCOLS)}")
        if separator and ("sentences" not in name or not number.isdecimal() or int(number) < 2):
            raise SettingsError("--also", asked, "only sentences takes a number, of sentence groups, 2 or more")
        found[name] = int(number) if separator else None
    return found


def under(prepared: Prepared, protocol: str, *, groups: int | None = None) -> Prepared:
    """The same recordings, objectives and seeds under another protocol.

    Args:
        prepared: the recipe under its own split.
        protocol: one of PROTOCOLS.
        groups: of sentences; by default 2, each of which is left out in turn.

    Raises:
        SplitError: the recipe's own split is that already, or the corpus does not know its sentences.
    """
    recipe, split = prepared.recipe, prepared.recipe.split
    changes: dict[str, Any] = {"name": f"{recipe.name}, {PROTOCOLS[protocol]}"}
    if protocol.startswith("adaptive"):
        if recipe.adaptation == "speaker":
            raise SplitError(f"the recipe is adaptive already: leave out --also {protocol}.")
        if recipe.model.encoder.get("name") == "upstream":
            raise SplitError(f"an upstream that is trained hears the waveform as it is: leave out --also {protocol}.")
        changes["adaptation"] = "speaker"
    if protocol == "random" or protocol.endswith("sentences"):
        _refuse_untested(prepared, protocol)
    if protocol == "random":
        split = _random(prepared)
    elif protocol.endswith("sentences"):
        split = _sentences(prepared, groups or _SENTENCE_GROUPS)
    changed = recipe.model_copy(update={**changes, "split": split})
    plans = draw_plans(changed, list(prepared.utterances.values()), prepared.corpus.recordings.contents)
    return dataclasses.replace(prepared, recipe=changed, plans=plans)


def _refuse_untested(prepared: Prepared, protocol: str) -> None:
    """Other folds test everything once, so that they can be paired only with a split that does."""
    plan = next(iter(prepared.plans.values()))
    tested = sum(len(fold.test) for fold in plan.folds)
    if tested != len(prepared.utterances):
        raise SplitError(
            f"the recipe's own split tests {tested} of {len(prepared.utterances)} utterances, and --also {protocol} "
            "would test all of them, so that nothing could be compared. Leave it out, or take a split that tests "
            "every utterance once."
        )


def _dev(recipe: RunRecipe) -> dict[str, Any]:
    return {key: recipe.split[key] for key in ("dev_speakers", "sessions") if key in recipe.split}


def _random(prepared: Prepared) -> dict[str, Any]:
    """As many folds as make test parts of the size that the own split's have on average."""
    plan = next(iter(prepared.plans.values()))
    if plan.inflated:
        raise SplitError(f"the recipe's own split, {plan.protocol}, is inflated already: --also random adds nothing.")
    tested = sum(len(fold.test) for fold in plan.folds)
    folds = max(2, round(len(prepared.utterances) * len(plan.folds) / tested))
    return {"name": "random", "folds": folds, "dev": "utterances", **_dev(prepared.recipe)}


def _sentences(prepared: Prepared, groups: int) -> dict[str, Any]:
    """The own split's speaker groups, crossed with groups of sentences."""
    plan, recipe = next(iter(prepared.plans.values())), prepared.recipe
    if "sentence" in plan.disjoint or "speaker" not in plan.disjoint:
        raise SplitError(
            f"the recipe's own split is {plan.protocol}, and --also sentences builds on one that parts speakers "
            "alone, such as speaker_groups. Give the recipe such a split."
        )
    unknown = sum(item.sentence is None for item in prepared.utterances.values())
    if unknown:
        raise SplitError(
            f"{unknown} of {len(prepared.utterances)} utterances have no sentence, so that --also sentences cannot "
            "be drawn. Fill the column `sentence`, or leave it out."
        )
    file = recipe.split.get("file") if plan.protocol == "from_file" else None
    speakers = {"folds_file": file} if _deals_speakers(file) else {"speaker_groups": len(plan.folds)}
    return {"name": "speaker_and_sentence_disjoint", **speakers, "sentence_groups": groups, **_dev(recipe)}


def _deals_speakers(file: str | None) -> bool:
    """Whether a table of folds deals speakers; one that deals files cannot be crossed with sentences."""
    return file is not None and dealt_column(Path(file)) == "speaker"


def compare_protocols(runs: Mapping[str, Path]) -> ProtocolComparison:
    """The same recipe under several protocols: UAR of each objective, and the paired difference to its own split.

    Every utterance is tested once a seed under each of them, so differences are paired over speakers.

    Args:
        runs: protocol -> folder of its finished run; 'own' is the recipe's own and must be there.

    Raises:
        RunError: a run is incomplete, or has seen other data.
    """
    results = {name: read_result(folder) for name, folder in runs.items()}
    own = results[OWN]
    for name, result in results.items():
        if result.corpus.digest != own.corpus.digest:
            raise RunError(f"{runs[name]} did not see the data of {runs[OWN]}. Run both on one corpus.")
    titles = {name: PROTOCOLS.get(name) or _title(result.split) for name, result in results.items()}
    return ProtocolComparison(
        name=own.name,
        chance=1 / len(own.classes),
        seeds=own.seeds,
        protocols={name: _summary(result.split, titles[name]) for name, result in results.items()},
        objectives={
            label: {
                name: result.objectives[label].uar for name, result in results.items() if label in result.objectives
            }
            for label in own.objectives
        },
        closed_form=_closed_form(results),
        differences=_differences(runs, titles),
        comparisons={
            name: [_summary_of(one) for one in result.comparisons] for name, result in results.items() if name != OWN
        },
    )


def _closed_form(results: Mapping[str, Result]) -> dict[str, UarScores]:
    """Protocol -> UAR of the closed form on the raw features, where the references were measured."""
    raw = {name: result.references.raw_features for name, result in results.items()}
    return {name: own.uar for name, own in raw.items() if own is not None and own.uar is not None}


def _summary_of(one: Comparison) -> ComparisonSummary:
    return ComparisonSummary(**{key: getattr(one, key) for key in ComparisonSummary.model_fields})


def _title(split: Split) -> str:
    apart = [f"{column}s" for column in split.disjoint]
    known = f"unseen {' and '.join(reversed(apart))}" if apart else "shared speakers"
    return known + (", adaptive" if split.adaptation == "speaker" else "")


def _summary(split: Split, title: str) -> ProtocolSummary:
    return ProtocolSummary(
        title=title,
        split=split.protocol,
        inflated=split.inflated,
        adaptation=split.adaptation,
        refit=split.refit,
        folds=split.fold_count,
    )


def _differences(runs: Mapping[str, Path], titles: Mapping[str, str]) -> list[ProtocolDifference]:
    """Each objective under each other protocol, less itself under its own; corrected for their number."""
    own = {system.name: system for system in read_systems(runs[OWN])}
    asked = [
        (system.name, name, _difference(system, own[system.name], name, titles))
        for name in runs
        if name != OWN
        for system in read_systems(runs[name])
        if system.name in own
    ]
    found = correct_differences([paired for *_, paired in asked])
    return [
        ProtocolDifference(
            objective=objective,
            protocol=protocol,
            difference=paired.difference,
            interval=(paired.low, paired.high),
            p=paired.p_value,
            p_holm=p_holm,
            shown=bool(paired.shown),
            speakers=paired.speakers,
            seeds=paired.seeds,
            sentence=paired.sentence,
        )
        for (objective, protocol, _), (paired, p_holm) in zip(asked, found, strict=True)
    ]


def _difference(system: System, own: System, name: str, titles: Mapping[str, str]) -> Paired:
    if system.items != own.items:
        raise RunError(
            f"{system.name}: {titles[name]} and {titles[OWN]} tested other clips or seeds. Run both again."
        )
    words = (f"{system.name} with {titles[name]}", titles[OWN])
    return paired_difference(system.confusions, own.confusions, names=words)


def write_protocols(runs: Mapping[str, Path], out: Path) -> ProtocolComparison:
    """Write inflation.json into a folder, aside and renamed, and return what it holds."""
    found = compare_protocols(runs)
    write_record(found, out / INFLATION)
    return found


def read_protocols(file: Path) -> ProtocolComparison:
    """An inflation.json.

    Raises:
        RunError: it is missing, damaged, or of another schema.
    """
    return read_record(
        file,
        ProtocolComparison,
        what="a comparison of protocols",
        origin="Give the same `unheard run --also` again.",
        again="Give the same `unheard run --also` again with this version.",
    )
