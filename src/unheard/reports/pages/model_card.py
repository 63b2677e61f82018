"""From a result to a model card in Markdown: what the models are, what they were judged on, what they are not for.

Reference:
    mitchell2019model: what a model card answers.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import jinja2

from unheard.harmless import visible
from unheard.reports.documents.wording import NOT_KNOWN
from unheard.reports.findings.calibration import few_emotions, group_rows, temperature_sentences
from unheard.reports.findings.cautions import cautions
from unheard.reports.pages.templates import BelowNothing
from unheard.schemas.objective import ObjectiveResult
from unheard.schemas.record import Interval
from unheard.schemas.result import Result

__all__ = ["escape", "license_notes", "render_card"]

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


def _with_interval(mean: float | None, ends: Interval) -> str:
    return _figure(mean) + (f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else "")


def _row(label: str, own: ObjectiveResult) -> list[str]:
    """One objective's line of the table of figures, in the order of _COLUMNS."""
    before, after = (None, None) if own.calibration is None else (own.calibration.before, own.calibration.after)
    best, eer = (None, None) if own.leakage is None else (own.leakage.best, own.leakage.eer)
    return [
        label,
        _with_interval(own.uar.mean, own.uar.interval),
        _figure(own.wa.mean),
        _figure(None if own.fairness is None else own.fairness.tails.worst),
        _figure(own.worst_speaker.uar),
        _figure(None if before is None else before.ece.mean),
        _figure(None if after is None else after.ece.mean),
        _figure(None if before is None else before.accuracy_at_80.mean),
        _figure(None if best is None else best.mean),
        _figure(None if eer is None else eer.mean),
    ]


def _references(result: Result) -> list[list[str]]:
    """What the leakage is to be held against: one line a reference, other columns empty."""
    rows = []
    for name, own in result.references:
        best, eer = (None, None) if own is None else (own.best and own.best.mean, own.eer and own.eer.mean)
        if best is not None or eer is not None:
            rows.append([f"({name.replace('_', ' ')})", *[""] * (len(_COLUMNS) - 3), _figure(best), _figure(eer)])
    return rows


def _groups(result: Result) -> list[list[str]]:
    """A line a group of speakers of each objective."""
    return [
        [
            row.label,
            row.column,
            row.group,
            str(row.scores.speakers),
            _with_interval(row.scores.uar, row.scores.interval),
        ]
        for row in group_rows(result)
    ]


def _gaps(result: Result) -> Iterator[str]:
    """A sentence a gap between groups, and whether it is shown."""
    for label, own in result.objectives.items():
        for column, compared in ({} if own.fairness is None else own.fairness.groups).items():
            gap = compared.gap
            if gap.difference is None or gap.interval is None:
                continue
            low, high = gap.interval
            verdict = "shown" if low > 0 or high < 0 else "not shown"
            span = f"95 % interval {100 * low:.1f} to {100 * high:.1f}"
            relation = f"{gap.better} is heard better than {gap.worse} by {100 * gap.difference:.1f} points"
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


def _scaled(own: ObjectiveResult) -> bool:
    return own.calibration is not None and own.calibration.after is not None


def _unmeasured(result: Result) -> Iterator[str]:
    """What nobody should read into the result, because nothing in it says so."""
    corpus = result.corpus
    if corpus.speech is None:
        yield "Whether the speech is acted or spontaneous is not recorded; acted emotions are easier to tell."
    elif "acted" in corpus.speech:
        yield "The speech is acted: nothing here tells how emotions of daily life are heard."
    if corpus.languages:
        spoken = ", ".join(corpus.languages)
        yield f"Other languages than {spoken} were not tested; nor were other dialects or accents."
    else:
        yield "The language is not recorded; no claim is made for any."
    yield f"{corpus.speakers} speakers were heard. Ages, accents, illnesses and voices unlike theirs were not tested."
    if "corpus" not in result.split.disjoint:
        yield "All recordings are of one corpus: other microphones, rooms, telephones and noise were not tested."
    each = result.objectives
    if raw := [label for label, own in each.items() if own.calibration is not None and not _scaled(own)]:
        yield f"No temperature was fitted on dev speakers; probabilities are as raw as they come: {', '.join(raw)}."
    if any(map(_scaled, each.values())):
        yield (
            "Probabilities were calibrated on dev speakers of this corpus alone: for other corpora, languages or "
            "microphones no temperature was fitted, and how sure an answer is may mean nothing there."
        )
    if alike := [label for label, own in each.items() if own.fairness is not None and not own.fairness.groups]:
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
        undefined=BelowNothing,
        finalize=escape,
    )
    return environment.get_template("card.md.jinja")


def render_card(result: Result) -> str:
    """The card as Markdown."""
    text = _template().render(
        result=result,
        inflated=result.split.inflated,
        hours=_figure(result.corpus.hours, 1),
        chance=_figure(result.chance),
        figures=_table(
            _COLUMNS, [*(_row(label, own) for label, own in result.objectives.items()), *_references(result)]
        ),
        few=few_emotions(result),
        groups=_table(("objective", "by", "group", "speakers", "UAR"), rows) if (rows := _groups(result)) else None,
        gaps=list(_gaps(result)),
        temperatures=temperature_sentences(result),
        sentences=[one.sentence for one in result.comparisons],
        cautions=cautions(result),
        unmeasured=list(_unmeasured(result)),
        licenses=license_notes(result.corpus.license),
        methods=sorted({own.name for own in result.objectives.values()}),
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
