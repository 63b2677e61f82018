"""Who is who: when two texts name one speaker (session, dialogue, sentence), and when a text names nobody.

What a user sees is compared, not how it is stored: Unicode's composed form (NFC), without white space and
invisible characters at the ends. What only looks alike (case, inner white space, 1 for 01) is left apart and said.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

__all__ = ["IDENTITIES", "NOBODY", "alike", "known", "plain"]

IDENTITIES = ("speaker", "session", "dialogue", "sentence")
"""The columns of an utterance that say who or which one, local to its corpus."""

NOBODY = "Empty cells, signs such as '-' and words such as nan, None, NA, null or unknown name nobody."
"""For messages."""

_NULL = frozenset(
    {
        "nan", "nat", "none", "null", "na", "n/a", "n.a", "n.a.", "n/a n/a", "unknown", "unk", "undefined", "missing",
        "not available", "not known",
    }
)  # fmt: skip
# Zero-width space, joiners, word joiner, byte order mark, soft hyphen, and the marks of the writing direction.
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_ENDS = re.compile(rf"^[\s{_UNSEEN}]+|[\s{_UNSEEN}]+$")
_INSIDE = re.compile(rf"[{_UNSEEN}]")
_NUMBER = re.compile(r"(?<![\d.])0+(?=\d)")
_POINT = re.compile(r"(?<=\d)\.0+(?![\d.])")
_GAP = re.compile(r"[\s_-]+")


def plain(text: str) -> str:
    r"""A text as it is compared: in NFC, without white space and invisible characters at the ends.

    >>> plain("Zoe\u0308\u00a0") == plain("\u200bZo\u00eb")
    True
    """
    return _ENDS.sub("", unicodedata.normalize("NFC", text))


def known(text: str | None) -> str | None:
    """Who a text names, as `plain` has it, or None for nobody.

    A text names nobody if it is empty, has signs only, or is a word that programs write for a missing value, in any
    case and in any brackets. A person who is called so needs another name in the table: to take nobody for a person
    would put different voices under one name, in silence.

    >>> known(" anna "), known("NaN"), known("<NA>"), known("-"), known("01")
    ('anna', None, None, None, '01')
    """
    if text is None:
        return None
    found = plain(str(text))
    if all(unicodedata.category(letter)[0] in "PZC" for letter in found):
        return None
    return None if found.casefold().strip("<>()[]{}#- ") in _NULL else found


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different names that one person may stand behind, each sorted, in the order of their first.

    Alike are names that are equal but for case, the width of letters, inner white space (hyphen, underscore), and the
    form of a number.

    >>> alike(["Anna B", "anna_b", "01", "1.0", "2", "11"])
    [('01', '1.0'), ('Anna B', 'anna_b')]
    """
    groups: dict[str, set[str]] = defaultdict(set)
    for name in names:
        groups[_likeness(name)].add(name)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


def _likeness(name: str) -> str:
    text = _INSIDE.sub("", unicodedata.normalize("NFKC", name).casefold())
    text = _GAP.sub(" ", _POINT.sub("", _NUMBER.sub("", text))).strip()
    # Between digits a gap parts two numbers.
    return re.sub(r"(?<!\d) | (?!\d)", "", text)
