"""What a few kilobytes of a hostile file take: less than a gigabyte, whatever they announce or decode to."""

import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile

RATE = 16_000
ROOM = 600 << 20  # bytes beyond what the program takes before it
SCRIPT = """
import resource, sys
from pathlib import Path
from unheard.data.audit.recordings import measure_recordings
from unheard.data.audio.loading import read_audio
from unheard.errors import AudioError
from unheard.features import logmel
from unheard.features.extracting import frames_of
from unheard.records import Utterance

size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + int(sys.argv[2]),) * 2)
file = Path(sys.argv[1])
for what in (lambda: measure_recordings([Utterance(file, "a", "made")]),
             lambda: frames_of(read_audio(file)[0], 16_000, "logmel", logmel.Settings(), file)):
    try:
        what()
        print("value")
    except AudioError as problem:
        print(problem)
"""


def said(file):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(file), str(ROOM)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def wav(rate, channels, body):
    block = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate, (rate * block) & 0xFFFFFFFF, block & 0xFFFF, 16)
    content = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(content)) + content


def silence(file, seconds, rate=RATE, channels=1):
    """A click, and what takes next to no room behind it."""
    with soundfile.SoundFile(file, "w", rate, channels) as sink:
        sink.write(np.random.default_rng(0).normal(0, 0.1, (rate // 10, channels)))
        nothing = np.zeros((60 * rate, channels), dtype=np.int16)
        for _ in range(seconds // 60):
            sink.write(nothing)


@pytest.mark.parametrize(
    ("rate", "channels", "problem"),
    [(1, 1, "its header says 1 Hz"), (10**8, 1, "its header says 100000000 Hz"), (RATE, 65_535, "cannot be decoded")],
)
def test_headers(tmp_path, rate, channels, problem):
    file = tmp_path / "a.wav"
    file.write_bytes(wav(rate, channels, np.random.default_rng(0).bytes(100_000)))
    assert all(problem in line for line in said(file))


def test_hours_in_a_few_kilobytes(tmp_path):
    file = tmp_path / "a.flac"
    silence(file, 2 * 3600)
    assert file.stat().st_size < 400_000
    assert all("in one piece, expected 3600 at most" in line for line in said(file))


def test_a_quarter_of_an_hour_is_a_value(tmp_path):
    file = tmp_path / "a.flac"
    silence(file, 15 * 60)
    assert said(file) == ["value", "value"]
