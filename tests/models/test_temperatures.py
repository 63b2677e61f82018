"""The file of a run's temperatures: read back as written, and refused with a name where it is damaged."""

import json

import pytest

from unheard.documents import sealed
from unheard.errors import RunError
from unheard.models.temperatures import TEMPERATURES, read_temperature, write_temperatures


def test_what_was_written_is_read(tmp_path):
    write_temperatures("ravdess", {"plain": {"temperature": 0.8, "kept": True, "speakers": 23}}, tmp_path)
    found = read_temperature(tmp_path, "plain")
    assert found == {"temperature": 0.8, "kept": True, "speakers": 23, "corpus": "ravdess"}
    assert read_temperature(tmp_path, "dat") is None
    assert read_temperature(tmp_path / "elsewhere", "plain") is None


@pytest.mark.parametrize(
    "value", [0, -1.0, 1e-300, 101.0, float("nan"), float("inf"), "hot", True, None, [1.0], 10**400]
)
def test_what_is_no_temperature_is_refused(value, tmp_path):
    document = {"schema": 1, "corpus": "x", "objectives": {"plain": {"temperature": value}}}
    (tmp_path / TEMPERATURES).write_text(json.dumps(sealed(document)))
    with pytest.raises(RunError, match=r"of plain is no number from 0\.01 to 100"):
        read_temperature(tmp_path, "plain")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b"\xff\xfe",
        b'{"schema": 2, "objectives": {}}',
        b'{"schema": 1}',
        b'{"schema": 1, "objectives": []}',
        b'{"schema": 1, "objectives": {"plain": 1e999}}',
        b'{"schema": 1, "objectives": {"plain": "0.8"}}',
        b"[" * 100_000,
        b" " * 1_100_000,
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(content, tmp_path):
    (tmp_path / TEMPERATURES).write_bytes(content)
    with pytest.raises(RunError, match=f"{TEMPERATURES}: .*(again|--raw)"):
        read_temperature(tmp_path, "plain")


def test_a_folder_in_its_place_is_an_error_of_that_file(tmp_path):
    (tmp_path / TEMPERATURES).mkdir()
    with pytest.raises(RunError, match=TEMPERATURES):
        read_temperature(tmp_path, "plain")
