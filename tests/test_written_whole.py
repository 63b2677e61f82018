"""A file is there whole or not at all, and what the machine refuses is said in words."""

import errno
import json
import os
import pickle
import subprocess
import sys
import time

import pytest

from unheard.errors import MachineError
from unheard.files import aside, refuse_unwritable, write_atomically, write_document
from unheard.leftovers import sweep
from unheard.machine import machine_error, used_up

DEAD = 2**22 + 1  # above the largest process number of Linux


def test_a_file_takes_its_place_at_the_end(tmp_path):
    file = tmp_path / "made" / "a.txt"
    with aside(file) as beside:
        beside.write_text("half")
        assert not file.exists()
    assert file.read_text() == "half"
    assert [path.name for path in file.parent.iterdir()] == ["a.txt"]


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")

    def fail():
        with aside(file) as beside:
            beside.write_text("half of the new")
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert file.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_name_as_long_as_the_disk_allows_has_room_for_its_neighbor(tmp_path):
    write_atomically("whole", tmp_path / ("ü" * 127))
    assert (tmp_path / ("ü" * 127)).read_text() == "whole"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.EACCES])
def test_what_the_system_refuses_is_an_error_that_names_the_file_and_the_mend(number, tmp_path):
    file = tmp_path / "result.json"

    def fail():
        with aside(file) as beside:
            beside.write_text("half")
            raise OSError(number, os.strerror(number))

    with pytest.raises(MachineError, match="result") as caught:
        fail()
    assert isinstance(caught.value, OSError)
    assert caught.value.mend in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert not list(tmp_path.iterdir())


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from safetensors.numpy import save_file
from unheard.errors import MachineError
from unheard.files import aside, write_atomically

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
folder = Path(sys.argv[1])

def arrays():
    with aside(folder / "a.npy") as beside, beside.open("wb") as stream:
        np.save(stream, np.zeros(5000))

def tensors():
    with aside(folder / "a.safetensors") as beside:
        save_file({"a": np.zeros(5000)}, beside)

for write in (lambda: write_atomically("a" * 9000, folder / "a.txt"), arrays, tensors):
    try:
        write()
    except MachineError as problem:
        print(problem)
"""


def test_whoever_writes_the_bytes_a_full_disk_is_the_same_error(tmp_path):
    """Python, numpy and safetensors each have their own words for it."""
    ran = subprocess.run([sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True, check=True)
    for name, line in zip(("a.txt", "a.npy", "a.safetensors"), ran.stdout.splitlines(), strict=True):
        assert str(tmp_path / name) in line
    assert not list(tmp_path.iterdir())


def test_our_own_faults_are_none_of_the_machine():
    assert machine_error(ValueError("1 is not 2")) is None
    assert machine_error(OSError("no number")) is None


def test_what_was_used_up_is_found_however_a_library_hides_it():
    def hide():
        try:
            raise OSError(errno.EMFILE, "too many open files")
        finally:
            _ = missing  # noqa: F821 (as in a library that tidies up what it never opened)

    with pytest.raises(NameError) as caught:
        hide()
    assert "too many files" in str(used_up(caught.value))
    assert used_up(ValueError("ours")) is None


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_work(tmp_path):
    refuse_unwritable(tmp_path / "not" / "made" / "yet")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for place in ("file", "file/below", "link", "n" * 300):
        with pytest.raises(MachineError):
            refuse_unwritable(tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def leftover_of_a_kill(folder):
    """What a writer that is killed between two bytes leaves."""
    code = (
        "import os, sys; from pathlib import Path; from unheard.files import aside\n"
        "with aside(Path(sys.argv[1]) / 'a.json') as beside: beside.write_text('half'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, folder], check=False)
    (left,) = folder.iterdir()
    return left


def test_what_a_dead_writer_left_is_swept_once_it_is_old(tmp_path):
    left = leftover_of_a_kill(tmp_path)
    sweep([tmp_path, tmp_path / "missing"])
    assert left.exists()
    os.utime(left, (time.time() - 2 * 3600,) * 2)
    sweep([tmp_path])
    assert not left.exists()


def test_what_a_living_writer_or_a_user_has_there_is_never_swept(tmp_path):
    host = leftover_of_a_kill(tmp_path).name.split("-")[1]
    names = [
        f".{'0' * 16}.{os.getpid()}-{host}-0.part",
        ".notes.12",
        "film.part",
        ".a.json.1x",
        f".task.json.{DEAD}",
        f"{'a' * 64}.{DEAD}.part",
        f"{'a' * 64}.npy",
        ".bashrc",
    ]
    for name in names:
        (tmp_path / name).write_text("mine")
        os.utime(tmp_path / name, (0, 0))
    sweep([tmp_path])
    assert {path.name for path in tmp_path.iterdir()} >= set(names)


@pytest.mark.parametrize(
    ("name", "hours", "stays"),
    [
        (f".{'0' * 16}.{DEAD}-00000000-0.part", 2, True),  # of another machine, where its writer may live
        (f".{'0' * 16}.{DEAD}-00000000-0.part", 25, False),
    ],
)
def test_leftovers_of_other_machines_wait_a_day(name, hours, stays, tmp_path):
    (tmp_path / name).write_text("half")
    os.utime(tmp_path / name, (time.time() - hours * 3600,) * 2)
    sweep([tmp_path])
    assert (tmp_path / name).exists() == stays


def test_half_a_character_of_a_path_does_not_lose_a_result(tmp_path):
    name = os.fsdecode(b"K\xf6ln")
    write_document({"command": name}, tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_bytes().decode("utf-8"))["command"] == name
