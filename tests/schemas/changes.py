"""One value of a record put elsewhere: what a test changes of a made document."""

from pydantic import ValidationError


def changed(record, path, value):
    """The record with one value put elsewhere, checked as a file is.

    Args:
        record: a document, or a part of one.
        path: keys and numbers of a list, as a tuple or joined by dots.
        value: what to put there, as JSON has it.
    """
    whole = record.model_dump()
    *way, last = path.split(".") if isinstance(path, str) else path
    place = whole
    for key in way:
        place = place[key]
    place[last] = value
    return type(record).model_validate(whole)


def leaves(value, path=()):
    """The path of every value below a document's plain values, tables and lists included, a few of each list."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else []
    for key, below in items:
        yield (*path, key)
        yield from leaves(below, (*path, key))


def nulled(record, path):
    """The record with null at a path; None where its schema does not allow that."""
    try:
        return changed(record, path, None)
    except ValidationError:
        return None
