"""Workers end with the process that asked for their work, however that ended and whenever."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from processes_of import alive_in_session
from unheard.errors import MachineError
from unheard.processes import side_by_side, tied
from unheard.silence import without_warnings

POOL = """
import sys, time
from pathlib import Path
from joblib import Parallel, delayed
from unheard.processes import tied
from test_processes import tick

Parallel(n_jobs=2)(delayed(tied(tick))(Path(sys.argv[1]) / str(number)) for number in range(2))
"""

YOUNG = """
import sys
from pathlib import Path
from unheard.processes import side_by_side
from test_processes import tick

# One task for three workers: two never get any.
print("begun", flush=True)
list(side_by_side(tick, [(Path(sys.argv[1]) / "one",)], jobs=3))
"""


def tick(file):
    for number in range(600):
        file.write_text(str(number))
        time.sleep(0.1)


def end_at_once(_):
    os.kill(os.getpid(), signal.SIGKILL)


def complain(number):
    warnings.warn("of a library", RuntimeWarning, stacklevel=1)
    return number


def started(code, folder):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )


def test_in_the_same_process_it_is_the_function():
    assert tied(divmod)(7, 3) == (2, 1)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_workers_of_a_killed_process_stop(how, tmp_path):
    pool = started(POOL, tmp_path)
    try:
        deadline = time.monotonic() + 100
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        begun = {file: file.read_text() for file in tmp_path.iterdir()}
        assert len(begun) == 2
    finally:
        pool.send_signal(how)
        pool.communicate(timeout=60)
    time.sleep(5)
    left = {file: file.read_text() for file in begun}
    time.sleep(2)
    assert {file: file.read_text() for file in begun} == left


def test_workers_of_a_process_that_is_killed_while_they_start_stop_too(tmp_path):
    """Those that are still starting, and those that wait for a first task."""
    pools = [started(YOUNG, tmp_path) for _ in range(4)]
    for pool in pools:
        assert pool.stdout.readline() == b"begun\n"
    for pause, pool in zip((0.05, 0.3, 0.5, 1.0), pools, strict=True):
        time.sleep(pause)
        pool.kill()
        pool.wait(timeout=60)
    deadline = time.monotonic() + 20  # on a machine that is busy with other things; an idle one needs a second
    while (left := [one for pool in pools for one in alive_in_session(pool.pid)]) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left
    for pool in pools:
        pool.stdout.close()


def test_a_worker_that_the_system_ended_is_said_in_words():
    with pytest.raises(MachineError, match="--jobs"):
        list(side_by_side(end_at_once, [(1,), (2,)], jobs=2))


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("jobs", [1, 2])
def test_results_are_those_of_the_function(jobs, ordered):
    found = list(side_by_side(divmod, [(number, 3) for number in range(20)], jobs=jobs, ordered=ordered, batch=4))
    assert (found if ordered else sorted(found)) == [divmod(number, 3) for number in range(20)]


@pytest.mark.parametrize("silent", [True, False])
def test_warnings_of_libraries_are_unsaid_here_and_in_workers_only_where_that_was_asked_for(silent):
    code = (
        "import contextlib, sys\n"
        "from test_processes import complain\n"
        "from unheard.processes import side_by_side; from unheard.silence import without_warnings\n"
        "with without_warnings() if sys.argv[1] == 'True' else contextlib.nullcontext():\n"
        "    print(list(side_by_side(complain, [(1,), (2,)], jobs=2)), complain(3))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-W", "always", "-c", code, str(silent)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "[1, 2] 3\n"
    assert ran.stderr.count("RuntimeWarning: of a library") == (0 if silent else 3)


def test_what_was_unsaid_is_said_again_afterwards():
    with without_warnings():
        complain(1)
    with pytest.warns(RuntimeWarning):
        complain(2)
