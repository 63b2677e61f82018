"""From a result to a model card in Markdown: what the models are, what they were judged on, what they are not for.

Reference:
    mitchell2019model: what a model card answers.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jinja2

from unheard.harmless import visible
from unheard.reports.documents.reading import NOT_KNOWN, entries, labels, number, part, table
from unheard.reports.figures.scores import interval_of
from unheard.reports.findings.calibration import few_emotions, temperature_sentences
from unheard.reports.findings.cautions import cautions

__all__ = ["escape", "license_notes", "render_card"]

Result = Mapping[str, Any]

_SIGNS = re.compile(r"([\\`*_{}\[\]<>|#~])")
_LIST_MARK = re.compile(r"^(\d*)([-+.)])(?=\s)")
_COLUMNS = (
    "objective",
    "UAR",
    "WA",
    "worst tenth",
    "worst speaker",
    "ECE",
    "ECE, scaled",
    "right at 80 %",
    "leakage",
    "EER",
)


def escape(value: Any) -> str:
    r"""Text as Markdown shows it: no sign of a corpus's or a user's name becomes markup.

    >>> escape("a|b *c*\nd")
    'a\\|b \\*c\\* d'

    Args:
        value: anything; None gives a dash.
    """
    if isinstance(value, _Markdown):
        return value
    if value is None or isinstance(value, jinja2.Undefined):
        return NOT_KNOWN
    text = _SIGNS.sub(r"\\\1", visible(" ".join(str(value).replace("&", "&amp;").split())))
    return _LIST_MARK.sub(r"\1\\\2", text)


class _Markdown(str):
    """Text whose parts are escaped already."""

    __slots__ = ()


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> _Markdown:
    """A table whose cells are text."""
    lines = [[escape(cell) for cell in line] for line in (columns, *rows)]
    lines.insert(1, ["---"] * len(columns))
    return _Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _figure(value: float | None, digits: int = 3) -> str:
    return NOT_KNOWN if value is None else f"{value:.{digits}f}"


def _with_interval(mean: float | None, own: Any) -> str:
    ends = interval_of(own)
    return _figure(mean) + (f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else "")


def _row(result: Result, label: str) -> list[str]:
    """One objective's line of the table of figures, in the order of _COLUMNS."""
    own = part(result, "objectives", label)
    after = part(own, "calibration", "after")
    return [
        label,
        _with_interval(number(own, "uar", "mean"), part(own, "uar")),
        _figure(number(own, "wa", "mean")),
        _figure(number(own, "fairness", "speakers", "worst")),
        _figure(number(own, "worst_speaker", "uar")),
        _figure(number(own, "calibration", "before", "ece", "mean")),
        _figure(number(after, "ece", "mean")),
        _figure(number(own, "calibration", "before", "accuracy_at_80", "mean")),
        _figure(number(own, "leakage", "best", "mean")),
        _figure(number(own, "leakage", "eer", "mean")),
    ]


def _references(result: Result) -> list[list[str]]:
    """What the leakage is to be held against: one line a reference, other columns empty."""
    rows = []
    for name, own in table(result, "references").items():
        best, eer = number(own, "best", "mean"), number(own, "eer", "mean")
        if best is not None or eer is not None:
            rows.append([f"({name.replace('_', ' ')})", *[""] * (len(_COLUMNS) - 3), _figure(best), _figure(eer)])
    return rows


def _groups(result: Result) -> list[list[str]]:
    """A line a group of speakers of each objective."""
    rows = []
    for label in labels(result):
        for column, found in table(result, "objectives", label, "fairness", "groups").items():
            for group, own in table(found, "rows").items():
                uar, speakers = number(own, "uar"), number(own, "speakers")
                rows.append([label, column, group, _figure(speakers, 0), _with_interval(uar, own)])
    return rows


def _gaps(result: Result) -> Iterator[str]:
    """A sentence a gap between groups, and whether it is shown."""
    for label in labels(result):
        for column, found in table(result, "objectives", label, "fairness", "groups").items():
            gap, ends = number(found, "gap", "difference"), interval_of(part(found, "gap"))
            if gap is None or ends is None:
                continue
            verdict = "shown" if ends[0] > 0 or ends[1] < 0 else "not shown"
            better, worse = part(found, "gap", "better"), part(found, "gap", "worse")
            span = f"95 % interval {100 * ends[0]:.1f} to {100 * ends[1]:.1f}"
            relation = f"{better} is heard better than {worse} by {100 * gap:.1f} points"
            yield f"{label}, {column}: {relation} ({span}): {verdict}."


_LICENSES = (
    (
        r"\b(cc[ -]?0|public domain)\b",
        "Public domain dedication: it puts no condition on models trained on it. Citing is good manners.",
    ),
    (
        r"\bnc\b|non-?commercial",
        "Non-commercial: do not use these weights commercially, nor pass them on for that, unless the owners agree.",
    ),
    (
        r"\bsa\b|share-?alike",
        "Share-alike: whether weights are an adaptation is not settled. Passing them on under the same one is safe.",
    ),
    (r"\bnd\b|no-?deriv", "No derivatives: do not pass on weights unless the owners agree that they are none."),
    (r"\bcc[ -]by\b|attribution", "Attribution: name the owners wherever you pass the weights on or show results."),
    (
        r"open database|odbl",
        "Open database license: a database derived from it stands under the same terms, and its use is to be named.",
    ),
    (
        r"research|academic|on request|request",
        "Research use by agreement: ask the owners before these weights leave your institution or go into a product.",
    ),
    (
        r"^yours$",
        "Your own recordings: the speakers' consent must cover the training, and whatever you do with the model.",
    ),
)


def license_notes(terms: str | None) -> list[str]:
    """What the license of the training data means for the models, as far as its name tells.

    >>> license_notes("CC0 1.0")[0][:13]
    'Public domain'

    Args:
        terms: as the corpus card words it; None if it is not known.
    """
    known = [note for pattern, note in _LICENSES if re.search(pattern, terms or "", re.IGNORECASE)]
    unknown = "The license is not one of those known here: read it, and ask the owners before passing weights on."
    return known or [unknown]


def _scaled(own: Any) -> bool:
    return part(own, "calibration", "after") is not None


def _unmeasured(result: Result) -> Iterator[str]:
    """What nobody should read into the result, because nothing in it says so."""
    corpus, split = part(result, "corpus"), part(result, "split")
    languages = [str(name) for name in entries(corpus, "languages")]
    count = number(corpus, "speakers")
    if part(corpus, "speech") is None:
        yield "Whether the speech is acted or spontaneous is not recorded; acted emotions are easier to tell."
    elif "acted" in str(part(corpus, "speech")):
        yield "The speech is acted: nothing here tells how emotions of daily life are heard."
    if languages:
        yield f"Other languages than {', '.join(languages)} were not tested; nor were other dialects or accents."
    else:
        yield "The language is not recorded; no claim is made for any."
    if count is not None:
        yield f"{count:.0f} speakers were heard. Ages, accents, illnesses and voices unlike theirs were not tested."
    if "corpus" not in entries(split, "disjoint"):
        yield "All recordings are of one corpus: other microphones, rooms, telephones and noise were not tested."
    each = {label: part(result, "objectives", label) for label in labels(result)}
    if raw := [label for label, own in each.items() if part(own, "calibration") and not _scaled(own)]:
        yield f"No temperature was fitted on dev speakers; probabilities are as raw as they come: {', '.join(raw)}."
    if any(_scaled(own) for own in each.values()):
        yield (
            "Probabilities were calibrated on dev speakers of this corpus alone: for other corpora, languages or "
            "microphones no temperature was fitted, and how sure an answer is may mean nothing there."
        )
    if alike := [
        label for label, own in each.items() if part(own, "fairness") and not part(own, "fairness", "groups")
    ]:
        yield f"No two groups of speakers (gender, language) are known, so no gap can be seen: {', '.join(alike)}."
    yield "The labels are what actors meant or raters heard; what a person feels cannot be read off a voice."


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("unheard.reports.pages", "."),
        autoescape=False,  # noqa: S701 (Markdown, not HTML: finalize escapes every value, see `escape`)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.ChainableUndefined,
        finalize=escape,
    )
    return environment.get_template("card.md.jinja")


def render_card(result: Result) -> str:
    """The card as Markdown.

    Args:
        result: as documented in docs/reference/result.md; only `name`, `classes` and `objectives` must be there, and
            any number may be None.
    """
    text = _template().render(
        result=result,
        inflated=bool(part(result, "split", "inflated")),
        hours=_figure(number(result, "corpus", "hours"), 1),
        chance=_figure(1 / max(1, len(entries(result, "classes")))),
        figures=_table(_COLUMNS, [*(_row(result, label) for label in labels(result)), *_references(result)]),
        few=few_emotions(result),
        groups=_table(("objective", "by", "group", "speakers", "UAR"), rows) if (rows := _groups(result)) else None,
        gaps=list(_gaps(result)),
        temperatures=temperature_sentences(result),
        sentences=[part(row, "sentence") for row in entries(result, "comparisons") if part(row, "sentence")],
        cautions=cautions(result),
        unmeasured=list(_unmeasured(result)),
        licenses=license_notes(part(result, "corpus", "license")),
        methods=sorted({str(part(own, "name") or label) for label, own in table(result, "objectives").items()}),
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
