"""What folders of other programs deal is read as folds: by names of folders, by columns, and by file."""

import json
from pathlib import Path

import pytest

from unheard.data.folds.files import has_folds, read_folds
from unheard.data.splits import from_file
from unheard.errors import CorpusError, SplitError
from unheard.records import Utterance

PEOPLE = ("s0", "s1", "s2")


def corpus() -> list[Utterance]:
    return [
        Utterance(Path("/here") / f"{who}/{name}.wav", f"{who}/{name}.wav", "table", speaker=who)
        for who in PEOPLE
        for name in ("a", "b")
    ]


def names(*people: str) -> list[str]:
    return [item.name for item in corpus() if item.speaker in people]


def kaldi(folder: Path) -> None:
    for part, people in (("train_all", ("s0",)), ("dev", ("s1",)), ("test", ("s2",)), ("local", ("s0",))):
        (folder / part).mkdir(parents=True)
        lines = [f"{name.replace('/', '-')} {name}\n" for name in names(*people)]
        (folder / part / "wav.scp").write_text("".join(lines) + f"x-{part} touch {folder}/ran |\n")


def audio_folder(folder: Path) -> None:
    for part, people in (("train", ("s0",)), ("validation", ("s1",)), ("test", ("s2",))):
        (folder / part).mkdir(parents=True)
        records = [json.dumps({"file_name": name}) for name in names(*people)]
        (folder / part / "metadata.jsonl").write_text("\n".join(records))


def audio_folder_of_paths(folder: Path) -> None:
    folder.mkdir()
    parts = {"s0": "train", "s1": "dev", "s2": "test"}
    lines = [f"{parts[name[:2]]}/{name}" for name in names(*PEOPLE)]
    (folder / "metadata.csv").write_text("\n".join(["file_name", *lines]))


def audio_folder_of_a_column(folder: Path) -> None:
    folder.mkdir()
    parts = {"s0": "train", "s1": "valid", "s2": "test"}
    lines = [f"{name};{parts[name[:2]]}" for name in names(*PEOPLE)]
    (folder / "metadata.csv").write_text("\n".join(["file_name;split", *lines]))


@pytest.mark.parametrize("write", [kaldi, audio_folder, audio_folder_of_paths, audio_folder_of_a_column])
def test_the_parts_of_a_folder(tmp_path: Path, write) -> None:
    folder = tmp_path / "given"
    write(folder)
    places = [folder, *folder.glob("metadata.csv")]
    for place in places:
        assert has_folds(place)
        (fold,) = read_folds(place, corpus()).folds
        assert (sorted(fold.train), sorted(fold.dev), sorted(fold.test)) == (names("s0"), names("s1"), names("s2"))
    assert not (folder / "ran").exists()


def superb(folder: Path, people: tuple[str, ...] = PEOPLE) -> None:
    for number, tested in enumerate(people, start=1):
        own = folder / f"Session{number}"
        own.mkdir(parents=True)
        for part, who in (("train", [one for one in PEOPLE if one != tested]), ("test", [tested])):
            records = [{"path": name, "label": "neu", "speaker": name[:2]} for name in names(*who)]
            text = json.dumps({"labels": {"neu": 0}, "meta_data": records})
            (own / f"{part}_meta_data.json").write_text(text)


def test_each_folder_of_superb_is_one(tmp_path: Path) -> None:
    superb(tmp_path)
    (tmp_path / "notes.csv").write_text("anything,at all\n1,2\n")
    assert has_folds(tmp_path)
    folds = read_folds(tmp_path, corpus()).folds
    assert [(fold.name, sorted(fold.test)) for fold in folds] == [
        (f"Session{number}", names(who)) for number, who in enumerate(PEOPLE, start=1)
    ]
    assert all(len(fold.train) == 4 and not set(fold.train) & set(fold.test) for fold in folds)
    (alone,) = read_folds(tmp_path / "Session1", corpus()).folds
    assert sorted(alone.test) == names("s0")
    assert not has_folds(tmp_path / "Session1/test_meta_data.json")
    with pytest.raises(SplitError, match="Give the folder that holds both files"):
        read_folds(tmp_path / "Session1/test_meta_data.json", corpus())


@pytest.mark.parametrize("write", [kaldi, audio_folder])
def test_a_part_alone_deals_nothing(tmp_path: Path, write) -> None:
    write(tmp_path / "given")
    for part in (tmp_path / "given").iterdir():
        assert not has_folds(part)


def test_times_of_other_programs(tmp_path: Path) -> None:
    items = [
        Utterance(Path("/here/a.wav"), f"a.wav#{start}", "table", start=start, speaker="a") for start in (0.0, 1.5)
    ]
    rows = [
        {"file": "a.wav", "start": "0 days 00:00:01.5", "part": "train"},
        {"file": "a.wav", "start": 0, "part": "test"},
    ]
    path = tmp_path / "folds.json"
    path.write_text(json.dumps(rows))
    (fold,) = read_folds(path, items).folds
    assert (fold.train, fold.test) == (("a.wav#1.5",), ("a.wav#0.0",))
    path.write_text(json.dumps([{"file": "a.wav", "start": "soon", "part": "train"}]))
    with pytest.raises(SplitError, match=r"folds.json: start 'soon', expected"):
        read_folds(path, items)


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 900 + "]" * 900, '{"a": ' + "9" * 5000 + "}"], ids=range(3))
def test_json_that_is_deep_or_long_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "folds.json"
    path.write_text(text)
    with pytest.raises(SplitError, match="json"):
        read_folds(path, corpus())


def test_a_damaged_data_folder_is_named(tmp_path: Path) -> None:
    kaldi(tmp_path / "given")
    (tmp_path / "given/test/wav.scp").write_text("alone\n")
    with pytest.raises(CorpusError, match="line 1: nothing stands behind 'alone'"):
        read_folds(tmp_path / "given", corpus())


@pytest.mark.parametrize(("write", "folds"), [(audio_folder, ["fold-all"]), (superb, None)])
def test_a_recipe_may_name_such_folders(tmp_path: Path, write, folds: list[str] | None) -> None:
    write(tmp_path / "given")
    settings = from_file.Settings(file=tmp_path / "given", dev_speakers=1)
    found = from_file.propose(corpus(), settings, seed=0)
    assert [fold.name for fold in found] == (folds or [f"fold-Session{number}" for number in (1, 2, 3)])
    assert all(fold.train and fold.dev and fold.test for fold in found)
