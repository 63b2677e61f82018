"""Labels of a user's own recordings: what they mean, and one error for all that nobody knows."""

import functools
import json
import shlex
from collections.abc import Mapping, Sequence

from unheard.data.labels import canonical, own_labels, spelled
from unheard.errors import LabelError
from unheard.identities import known, plain

__all__ = ["emotion_from", "refuse_unknown"]

_SHOWN = 5


def emotion_from(label: str, corpus: str, labels: Mapping[str, str] | None = None) -> str | None:
    """The class of a user's label: the user's own map first, then the label map; None for a missing value.

    The word `none` is both a missing value and no emotion, so that it is neither; Python's `None` is the former.

    >>> emotion_from("Stressed", "table", {"stressed": "tense"}), emotion_from("NaN", "table")
    ('tense', None)

    Raises:
        LabelError: neither knows the label.
    """
    own = _compared(tuple((labels or {}).items()))
    if spelled(label) in own:
        return own[spelled(label)]
    if known(label) is None and (plain(label) == "None" or spelled(label) != "none"):
        return None
    return canonical(label, corpus=corpus)


@functools.cache
def _compared(labels: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return own_labels(dict(labels))


def refuse_unknown(source: str, unknown: Sequence[tuple[str, str, LabelError]]) -> None:
    """One error for all labels that nobody knows, which says what to write and where.

    Args:
        source: the table or folder.
        unknown: (label, where it stands, what was said of it) of each row.

    Raises:
        LabelError: there is one.
    """
    if not unknown:
        return
    rows: dict[str, list[tuple[str, str, LabelError]]] = {}
    for row in unknown:
        rows.setdefault(spelled(row[0]), []).append(row)
    said = [f"{own[0][1]}: {own[0][2].problem}{_more(len(own))}" for own in list(rows.values())[:_SHOWN]]
    if len(rows) > _SHOWN:
        said.append(f"and {len(rows) - _SHOWN} more labels")
    labels = [own[0][0] for own in rows.values()]
    pairs = ", ".join(f"{_quoted(label)} = {_quoted(label)}" for label in labels)
    options = " ".join(f"--label {shlex.quote(f'{label}={label}')}" for label in labels)
    hint = unknown[0][2].mend
    if len(rows) > 1:  # a likeness to one of them alone would mislead
        hint = hint[hint.find("Known:") :]
    mend = (
        f"{hint} Say what they mean: in the recipe, under [corpus], "
        f"labels = {{ {pairs} }}; to audit, {options}. On the right stands a known name, or a class of your own. "
        "See docs/how-to/own-labels.md."
    )
    raise LabelError(source, "; ".join(said), mend)


def _more(count: int) -> str:
    return "" if count == 1 else f" ({count} rows)"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
