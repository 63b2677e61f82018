"""What an adapter yields from the real recordings is what the expected labels say, file by file."""

import csv
import os
from pathlib import Path

import pytest

from unheard import registry

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "emodb": "emodb",
    "ravdess": "ravdess",
    "ased": "ased",
    "urdu": "urdu",
    "ko_emotiontts": "korean_speakers",
}
FIELDS = ("speaker", "gender", "emotion", "language", "sentence")


@pytest.mark.corpus
@pytest.mark.parametrize(("corpus", "folder"), FOLDERS.items())
def test_adapter_equals_expected_labels(corpus: str, folder: str) -> None:
    corpora = ROOT / os.environ.get("UNHEARD_CORPORA", "../shared/corpora")
    table = corpora / "labels" / f"{folder}.csv"
    if not table.is_file() or not (corpora / folder).is_dir():
        pytest.skip(f"{folder} and its labels are not under {corpora}; set UNHEARD_CORPORA")
    with table.open(encoding="utf-8", newline="") as stream:
        want = {row["file"]: tuple(row[field] or None for field in FIELDS) for row in csv.DictReader(stream)}
    found = registry.load("corpora", corpus).read(corpora / folder)
    got = {item.name: tuple(getattr(item, field) for field in FIELDS) for item in found}
    assert len(got) == len(found)
    assert got == want
    assert [item.name for item in found] == sorted(want)
    assert all(item.file.is_file() and item.corpus == corpus for item in found)
