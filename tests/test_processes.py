"""Workers end with the process that asked for their work, however that ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unheard.processes import tied

POOL = """
import sys, time
from pathlib import Path
from joblib import Parallel, delayed
from unheard.processes import tied
from test_processes import tick

Parallel(n_jobs=2)(delayed(tied(tick))(Path(sys.argv[1]) / str(number)) for number in range(2))
"""


def tick(file):
    for number in range(600):
        file.write_text(str(number))
        time.sleep(0.1)


def test_in_the_same_process_it_is_the_function():
    assert tied(divmod)(7, 3) == (2, 1)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_workers_of_a_killed_process_stop(how, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    pool = subprocess.Popen([sys.executable, "-c", POOL, str(tmp_path)], env=environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 100
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        begun = {file: file.read_text() for file in tmp_path.iterdir()}
        assert len(begun) == 2
    finally:
        pool.send_signal(how)
        pool.wait(timeout=60)
    time.sleep(5)
    left = {file: file.read_text() for file in begun}
    time.sleep(2)
    assert {file: file.read_text() for file in begun} == left
