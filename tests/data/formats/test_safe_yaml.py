"""YAML of strangers gives plain values, in bounded time and memory, or an error that names the line."""

import time
from pathlib import Path

import pytest

from unheard.data.formats.safe_yaml import read_yaml
from unheard.errors import CorpusError, MissingExtraError

pytest.importorskip("yaml")


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "db.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def doubling(line: str, count: int = 12) -> str:
    """Each table refers nine times to the one before it."""
    lines = [f"a{own}: &a{own} {line % ', '.join([f'*a{own - 1}'] * 9)}" for own in range(1, count)]
    return "a0: &a0 {x: 1, y: 2}\n" + "\n".join(lines)


def test_plain_values_and_what_is_referred_to_twice(tmp_path: Path) -> None:
    found = read_yaml(written(tmp_path, "\ufefflabels: &l [a, 'no', 1.5]\nagain: *l\nday: 2020-01-31\n"), "audformat")
    assert found["labels"] == found["again"] == ["a", "no", 1.5]
    assert str(found["day"]) == "2020-01-31"


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['touch {mark}']",
        "a: !!python/object/new:os.system ['touch {mark}']",
        "? !!python/object/apply:os.system ['touch {mark}']\n: 1",
        "a: !!python/name:os.system",
        "a: !!python/module:os",
        'a: !!python/object/apply:builtins.eval [\'open("{mark}", "w")\']',
        "a: !own {b: 1}",
        "a: &x !!python/object/apply:os.system ['touch {mark}']\nb: *x",
    ],
)
def test_no_object_is_built(tmp_path: Path, text: str) -> None:
    mark = tmp_path / "ran"
    with pytest.raises(CorpusError, match=r"db.yaml', line 1: not plain YAML \(could not determine a constructor"):
        read_yaml(written(tmp_path, text.replace("{mark}", str(mark))), "audformat")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (doubling("[%s]"), "more than 1,000,000 values, aliases written out"),
        (doubling("{k: [%s]}"), "more than 1,000,000 values, aliases written out"),
        (doubling("{<<: [%s]}"), "merges another table"),
        ("a: &a [*a]", r"'\*a' stands inside itself"),
        ("a: &a {b: {c: *a}}", r"'\*a' stands inside itself"),
        ("a: *b", r"'\*b' stands inside itself, or for nothing"),
        ("a: " + "[" * 100_000, "lists in each other"),
        ("a: " + "{b: " * 100_000, "lists in each other"),
        ("- " * 100_000, "lists in each other"),
        ("? " * 100_000, "lists in each other"),
        ("a: " + "9" * 1_000_000, "a number of 1000000 digits"),
        ("a: 1" + ":59" * 300_000, "a number of 900001 digits"),
        ("a: 1" + ":59" * 300_000 + ".5", "a number of 900003 digits"),
        ("a: 2020-13-45", "month must be in"),
        ("? [1, {a: b}]\n: 2", "unhashable"),
        ("a: 'unclosed", "line 1"),
        ("a: \x07", "not plain YAML"),
        ("- a\n- b", "holds no table"),
        ("", "holds no table"),
        ("a: 1\n---\nb: 2", "not plain YAML"),
        (b"a: \xff", "is not UTF-8"),
        ("a: b\n".encode("utf-16"), "is not UTF-8"),
        (b"a: |\n" + b"  abc def\n" * 500_000, "is longer than 4 MiB"),
    ],
    ids=range(23),
)
def test_what_would_grow_or_is_no_yaml_is_refused(tmp_path: Path, text: str | bytes, says: str) -> None:
    begin = time.process_time()
    with pytest.raises(CorpusError, match=says):
        read_yaml(written(tmp_path, text), "audformat")
    assert time.process_time() - begin < 5


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.yaml", tmp_path):
        with pytest.raises(CorpusError, match="cannot be read"):
            read_yaml(path, "audformat")


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"pyyaml.*unheard\[audformat\]"):
        read_yaml(written(tmp_path, "a: 1"), "audformat")
