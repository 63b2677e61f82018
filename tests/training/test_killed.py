"""A process that is really killed, by SIGKILL in the middle of an epoch, costs nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.test_loop import OBJECTIVES, equal, trainer
from unheard.training.checkpoints import read_checkpoint

KILLED_AT = 10
"""The third batch of the third epoch of four."""

CHILD = f"""
import os, signal, sys
from pathlib import Path
import torch
from training.test_loop import OBJECTIVES, trainer
from unheard.training import loop

torch.set_num_threads(int(sys.argv[3]))
loop._CHECKPOINT_EVERY = 0.0
own = trainer(OBJECTIVES[sys.argv[1]](), checkpoint=Path(sys.argv[2]), fingerprint="x")
assert own.steps == 4
step = own.step

def until(batch, number):
    logged = step(batch, number)
    if number == {KILLED_AT}:
        os.kill(os.getpid(), signal.SIGKILL)
    return logged

own.step = until
own.run()
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """One killed training an objective, side by side: name -> what the checkpoint was left as."""
    folder = tmp_path_factory.mktemp("killed")
    files = {name: folder / name / "checkpoint.safetensors" for name in OBJECTIVES}
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, name, str(file), str(torch.get_num_threads())],
            env=environment,
            stderr=subprocess.PIPE,
        )
        for name, file in files.items()
    ]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, said.decode()
    return files


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_a_sigkill_left_goes_on_to_the_weights_of_an_uninterrupted_run(name, killed):
    expected = trainer(OBJECTIVES[name]()).run()
    assert read_checkpoint(killed[name], "x cpu False").epoch == 2
    epochs = []
    resumed = trainer(
        OBJECTIVES[name](),
        checkpoint=killed[name],
        fingerprint="x",
        report=lambda numbers: epochs.append(numbers["epoch"]),
    ).run()
    assert epochs == [3, 4]
    assert equal(expected.model.state_dict(), resumed.model.state_dict())
    assert expected.history == resumed.history
    assert expected.best_epoch == resumed.best_epoch
