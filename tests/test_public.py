"""What is public is listed, and the lists are true."""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import unheard

FOLDER = Path(unheard.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(unheard.__path__, "unheard.")
    if not module.name.rsplit(".", 1)[-1].startswith("__")
)


def defined(file):
    """Names that a module binds itself at its top level, with their nodes; imports are not its own."""
    names = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_the_face_of_the_library():
    assert unheard.__all__ == [
        "UNLABELED",
        "Batch",
        "Recognition",
        "Recognizer",
        "UnheardError",
        "Utterance",
        "__version__",
    ]
    assert all(hasattr(unheard, name) for name in unheard.__all__)
    assert unheard.__version__ == version("unheard")


def test_a_name_that_is_not_public_is_an_attribute_error_and_dir_lists_those_that_are():
    with pytest.raises(AttributeError, match="module 'unheard' has no attribute 'Recogniser'"):
        unheard.Recogniser  # noqa: B018
    assert set(unheard.__all__) <= set(dir(unheard))


LIGHT = """
import json, sys, time
before = time.perf_counter()
import unheard
took = time.perf_counter() - before
own = {name for name in sys.modules if name.startswith("unheard")}
heavy = {"torch", "numpy", "scipy", "sklearn"} & set(sys.modules)
from unheard import Recognizer, Recognition, Batch
print(json.dumps([took, sorted(own), sorted(heavy), "torch" in sys.modules, Recognizer.__module__]))
"""


def test_importing_the_library_costs_next_to_nothing_and_no_torch():
    found = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, timeout=60)
        found.append(json.loads(done.stdout))
    took, own, heavy, torch, home = min(found)
    assert took < 0.3
    assert own == ["unheard"]
    assert heavy == []
    assert not torch, "not even the recognizer needs it before it is loaded"
    assert home == "unheard.inference.recognizer"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_what_is_public_is_listed(file):
    public = {name for name in defined(file) if not name.startswith("_")}
    if not public:
        return
    listed = [node for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    listed = [node.value for node in listed if getattr(node.targets[0], "id", "") == "__all__"]
    assert len(listed) == 1, f"{file} has the public names {sorted(public)} and no __all__"
    assert "__all__" in defined(file)


@pytest.mark.parametrize("name", MODULES)
def test_what_is_listed_is_there(name):
    if name == "unheard.__main__":
        return
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", [])
    assert len(listed) == len(set(listed))
    missing = [entry for entry in listed if not hasattr(module, entry)]
    assert not missing


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_nothing_is_unpickled(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    # By name, as optional extras are imported.
    imported |= {
        str(argument.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }
    roots = {str(name).partition(".")[0] for name in imported}
    # The package audformat unpickles the tables' caches, pandas whatever is called .pkl.
    assert not roots & {"pickle", "dill", "cloudpickle", "shelve", "marshal", "audformat", "pandas"}
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"torch.load", "joblib.load", "joblib.Memory", "Memory", "eval", "exec", "os.system"}
    # These choose their own files, and may take a pickle or code among them.
    assert not {call.rpartition(".")[2] for call in calls} & {"from_pretrained", "read_pickle", "unsafe_load"}
    keywords = {keyword.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for keyword in node.keywords}
    assert not keywords & {"trust_remote_code", "shell"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "np.load",
            "numpy.load",
            "np.lib.format.read_array",
        }:
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert given.get("allow_pickle") == "False"
