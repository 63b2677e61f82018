"""The rooms of the house: each says what it is for, has a place in the order, and keeps what is private to itself."""

import ast
import tomllib
from pathlib import Path

import pytest

import unheard
from unheard import registry

SOURCE = Path(unheard.__file__).parent
ROOT = SOURCE.parents[1]
PACKAGES = sorted(file.parent for file in SOURCE.rglob("__init__.py"))
MODULES = sorted(SOURCE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = {one["containers"][0]: one["layers"] for one in CONTRACTS if one["type"] == "layers"}
BREACHES: dict[str, str] = {}
"""File, as seen from the root -> what it may open although it is another room's; empty where nobody must."""


def shown(path):
    return str(path.relative_to(ROOT)) if path != ROOT else "."


def dotted(folder):
    """src/unheard/data/audio -> unheard.data.audio."""
    return ".".join(folder.relative_to(SOURCE.parent).parts)


def folder_of(name):
    """The package that a dotted name of ours lies in: itself, if it is one."""
    parts = name.split(".")
    while parts and not SOURCE.parent.joinpath(*parts, "__init__.py").is_file():
        parts.pop()
    return ".".join(parts)


def private_imports(text, home):
    """(line, dotted name) of each import of ours that passes through a name with an underscore of another folder.

    Args:
        text: of a module.
        home: the package whose private names it may open, dotted.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            private = [place for place, part in enumerate(parts) if part.startswith("_") and not part.endswith("__")]
            if parts[0] == "unheard" and private and folder_of(".".join(parts[: private[0]])) != home:
                found.append((node.lineno, name))
    return found


@pytest.mark.parametrize("folder", PACKAGES, ids=shown)
def test_every_room_says_what_it_is_for(folder):
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert said
    assert len(said.splitlines()[0]) > 20, "one line that a newcomer can choose by"


def test_no_two_rooms_say_the_same():
    said = [ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) for folder in PACKAGES]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("file", MODULES, ids=shown)
def test_an_underscore_means_this_folder_only(file):
    found = private_imports(file.read_text(encoding="utf-8"), dotted(file.parent))
    assert [name for _, name in found if BREACHES.get(shown(file)) != name] == []


def test_who_may_open_what_is_anothers_still_does():
    for file, name in BREACHES.items():
        path = ROOT / file
        assert name in [one for _, one in private_imports(path.read_text(encoding="utf-8"), dotted(path.parent))]


@pytest.mark.parametrize("file", TESTS, ids=shown)
def test_tests_open_what_is_private_to_the_room_that_they_mirror(file):
    mirrored = ".".join(["unheard", *file.relative_to(ROOT / "tests").parent.parts])
    found = [name for _, name in private_imports(file.read_text(encoding="utf-8"), mirrored)]
    assert [name for name in found if not name.startswith(f"{mirrored}.")] == []  # nor in a room within it


@pytest.mark.parametrize("file", [*(ROOT / "scripts").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")], ids=shown)
def test_scripts_stand_outside_every_room(file):
    assert private_imports(file.read_text(encoding="utf-8"), "") == []


@pytest.mark.parametrize(
    ("text", "home", "found"),
    [
        ("from unheard.features._mel import filters", "unheard.features", []),
        ("from unheard.features._mel import filters", "unheard.models", ["unheard.features._mel.filters"]),
        ("from unheard.features import _mel", "unheard.models", ["unheard.features._mel"]),
        ("import unheard.features._mel", "unheard", ["unheard.features._mel"]),
        ("from unheard.features.cache import _digest", "unheard.features", []),
        ("from unheard.features.cache import _digest", "unheard", ["unheard.features.cache._digest"]),
        ("from unheard.data.folds import _x", "unheard.data", ["unheard.data.folds._x"]),
        ("from unheard import __version__", "unheard.cli", []),
        ("from numpy._core import x", "unheard.cli", []),
        ("def f():\n    from unheard.cli._cells import cell", "unheard.data", ["unheard.cli._cells.cell"]),
    ],
)
def test_a_breach_is_seen(text, home, found):
    assert [name for _, name in private_imports(text, home)] == found


def test_the_order_of_the_house_names_every_part_once():
    named = [part.strip() for layer in LAYERS["unheard"] for part in layer.split("|")]
    parts = {path.stem for path in SOURCE.glob("*.py")} | {path.name for path in PACKAGES if path.parent == SOURCE}
    parts -= {"__init__", "__main__"}
    assert sorted(named) == sorted(parts)


@pytest.mark.parametrize("house", [name for name in LAYERS if name != "unheard"])
def test_the_order_within_a_room_names_every_room_of_it_once(house):
    own = SOURCE.parent.joinpath(*house.split("."))
    named = [part.strip() for layer in LAYERS[house] for part in layer.split("|")]
    assert len(set(named)) == len(named)
    assert {path.name for path in PACKAGES if path.parent == own} <= set(named)
    assert all((own / name).is_dir() or (own / f"{name}.py").is_file() for name in named)


def test_every_room_that_has_rooms_orders_them():
    members = {SOURCE.parent.joinpath(*package.split(".")) for package in registry.KINDS.values()}
    divided = {path.parent for path in PACKAGES if path not in members} - {SOURCE.parent, SOURCE}
    # One room within another needs no order; several do.
    rooms = [path for path in PACKAGES if path not in members]
    several = {one for one in divided if sum(path.parent == one for path in rooms) > 1}
    assert {dotted(one) for one in several} <= set(LAYERS)


def test_what_is_forbidden_names_rooms_that_are_there():
    for contract in CONTRACTS:
        for name in [*contract.get("source_modules", ()), *contract.get("forbidden_modules", ())]:
            place = SOURCE.parent.joinpath(*name.split("."))
            assert place.is_dir() or place.with_suffix(".py").is_file(), name
