"""What a result must look like for those who read it: the keys that they take, each of its type where it is there.

It is not the whole of docs/reference/result.md: reports pass over what is missing.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["InflationShape", "ProbesShape", "ResultShape", "SweepShape", "Text"]


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        msg = "should be a text"
        raise ValueError(msg)  # noqa: TRY004 (pydantic asks for it)
    return value


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) != len(values):
        msg = "names one thing twice"
        raise ValueError(msg)
    return values


Text = Annotated[Any, AfterValidator(_text)]
"""Any text: the name of a file may hold half a character, which pydantic's own takes for none."""
Table = dict[str, Any]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Figure(_Shape):
    mean: float | None = None
    std: float | None = None
    per_seed: list[float | None] = []
    interval: list[float | None] | None = None
    by: dict[str, dict[str, Table] | None] | None = None


class _Fold(_Shape):
    seed: int
    uar: float | None = None
    wa: float | None = None
    best_epoch: float | None = None
    epochs: float | None = None


class _Speaker(_Shape):
    speaker: Text
    gender: Text | None = None


class _Worst(_Shape):
    speaker: Text | None = None
    uar: float | None = None


class _Calibration(_Shape):
    before: Table | None = None
    after: Table | None = None


class _Objective(_Shape):
    name: Text | None = None
    settings: Table = {}
    uar: _Figure | None = None
    wa: _Figure | None = None
    worst_speaker: _Worst | None = None
    leakage: Table | None = None
    calibration: _Calibration | None = None
    fairness: Table | None = None
    gender: Table | None = None
    recall: Table | None = None
    curves: list[Table] | None = None
    speakers: list[_Speaker] = []
    per_fold: list[_Fold] | None = None


class _Corpus(_Shape):
    name: Text = ""
    digest: Text = ""
    languages: list[Text] = []
    classes: Table | None = None
    skipped: list[Table] | int | None = None
    duplicates: list[list[Any]] | int | None = None


class _SplitFold(_Shape):
    name: Text
    seed: int | None = None


class _Split(_Shape):
    protocol: Text = ""
    digest: dict[str, Text] = {}
    disjoint: list[Text] = []
    inflated: bool = False
    folds: list[_SplitFold] | None = None


class _Comparison(_Shape):
    a: Text
    b: Text
    sentence: Text
    difference: float | None
    interval: list[float | None]
    p: float | None
    p_holm: float | None
    speakers: int
    seeds: int
    shown: bool


class ResultShape(_Shape):
    """result.json, as far as its readers go into it."""

    name: Text = ""
    classes: Annotated[list[Text], Field(min_length=1), AfterValidator(_distinct)]
    objectives: dict[str, _Objective] = Field(min_length=1)
    seeds: Annotated[list[int], Field(min_length=1), AfterValidator(_distinct)] = []
    corpus: _Corpus | None = None
    split: _Split | None = None
    references: dict[str, Table | None] = {}
    comparisons: list[_Comparison] = []
    warnings: list[Text] = []
    settings_text: Text = ""
    maps: dict[str, Table | None] | None = None
    timings: Table | None = None
    versions: Table | None = None


class _Point(_Shape):
    point: Text
    objective: Text
    varied: Table
    leakage: Table
    uar: Table | None = None
    dev_uar: Table | None = None
    settings: Table = {}


class _SweptSplit(_Shape):
    digest: dict[str, Text] = {}
    disjoint: list[Text] = []


class SweepShape(_Shape):
    """sweep.json, as far as its readers go into it."""

    points: list[_Point]
    split: _SweptSplit | None = None
    corpus: _Corpus | None = None
    references: dict[str, Table | None] = {}
    seeds: list[int] = []
    classes: list[Text] = []
    warnings: list[Text] = []
    nested: Table | None = None
    search: Table | None = None
    learning: dict[str, Table | None] | None = None
    vary: list[Text] = []


class _Probed(_Shape):
    leakage: dict[str, dict[str, Table]] = {}
    erasure: Table | None = None


class ProbesShape(_Shape):
    """probes.json, as far as its readers go into it."""

    objectives: dict[str, _Probed | None]
    references: dict[str, _Probed | None]
    seeds: list[int] = []
    folds: list[Text] = []
    trainings: dict[str, Text | None] = {}
    notes: list[Text] = []
    sentences: list[Text] = []


class InflationShape(_Shape):
    """inflation.json, as far as its readers go into it."""

    protocols: dict[str, Table | None]
    objectives: dict[str, dict[str, Table | None] | None]
    differences: list[Table]
    closed_form: dict[str, Table | None] = {}
    comparisons: dict[str, list[Table]] = {}
    seeds: list[int] = []
