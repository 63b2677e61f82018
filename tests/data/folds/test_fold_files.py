"""Folds are read as they are published, and what cannot be read says what is wrong and what to do."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from unheard.data.folds.files import has_folds, read_folds
from unheard.data.folds.fold import Fold
from unheard.data.folds.plan import draw_plan
from unheard.errors import SplitError
from unheard.records import Utterance


def corpus(speakers: int = 4) -> list[Utterance]:
    """Two takes of each speaker; the files of two speakers bear one name in two folders."""
    return [
        Utterance(Path(f"/data/s{who}/{emotion}-{take}.flac"), f"s{who}/{emotion}-{take}.flac", "made").replace(
            speaker=f"s{who}", emotion=emotion
        )
        for who in range(speakers)
        for emotion in ("anger", "joy")
        for take in "ab"
    ]


def names(*speakers: int) -> list[str]:
    return [item.name for item in corpus() if int(str(item.speaker)[1:]) in speakers]


def records(items: Sequence[str], **more: object) -> list[dict[str, object]]:
    """Records as EmoBox publishes them."""
    return [
        {
            "key": f"made-{name}",
            "dataset": "made",
            "wav": f"downloads/made/audio/{name.replace('.flac', '.wav')}",
            "type": "raw",
            "sample_rate": 16000,
            "length": 1.0,
            "task": "category",
            "emo": "Angry",
            "channel": 1,
            **more,
        }
        for name in items
    ]


def write_emobox(folder: Path, *, form: str = "jsonl") -> Path:
    root = folder / "made"
    for number, tested in (("1", (0, 1)), ("2", (2, 3))):
        place = root / f"fold_{number}"
        place.mkdir(parents=True)
        other = tuple({0, 1, 2, 3} - set(tested))
        for part, who in (("train", other), ("test", tested)):
            own = records(names(*who))
            file = place / f"made_{part}_fold_{number}.{form}"
            if form == "jsonl":
                file.write_text("".join(json.dumps(record) + "\n" for record in own))
            else:
                file.write_text(json.dumps({record["key"]: record for record in own}))
    (root / "made.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records(names(0, 1, 2, 3))))
    (root / "label_map.json").write_text(json.dumps({"Angry": "angry"}))
    return root


def check(folds: Sequence[Fold], tests: Sequence[Sequence[str]]) -> None:
    assert [sorted(fold.test) for fold in folds] == [sorted(test) for test in tests]
    for fold, test in zip(folds, tests, strict=True):
        assert sorted(fold.train) == sorted(set(names(0, 1, 2, 3)) - set(test))


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_folder_of_emobox_is_read_whole(tmp_path, form: str) -> None:
    found = read_folds(write_emobox(tmp_path, form=form), corpus())
    check(found.folds, [names(0, 1), names(2, 3)])
    assert [fold.name for fold in found.folds] == ["1", "2"]
    assert (found.strangers, found.left_out) == ((), ())


def test_one_fold_of_emobox_is_read_from_its_folder(tmp_path) -> None:
    (fold,) = read_folds(write_emobox(tmp_path) / "fold_2", corpus()).folds
    assert (fold.name, sorted(fold.test)) == ("2", sorted(names(2, 3)))


def test_one_file_of_emobox_lacks_the_other_part(tmp_path) -> None:
    file = write_emobox(tmp_path) / "fold_1" / "made_train_fold_1.jsonl"
    with pytest.raises(
        SplitError, match=r"made_train_fold_1.jsonl: fold '1' has no test, only train\. Give the folder"
    ):
        read_folds(file, corpus())


def test_an_official_valid_part_is_dev(tmp_path) -> None:
    root = write_emobox(tmp_path)
    moved = root / "fold_1" / "made_valid_fold_1.jsonl"
    moved.write_text("".join(json.dumps(record) + "\n" for record in records(names(3))))
    train = root / "fold_1" / "made_train_fold_1.jsonl"
    train.write_text("".join(json.dumps(record) + "\n" for record in records(names(2))))
    first = read_folds(root, corpus()).folds[0]
    assert (sorted(first.train), sorted(first.dev)) == (sorted(names(2)), sorted(names(3)))


@pytest.mark.parametrize("nested", [True, False])
def test_parts_and_folds_as_keys_of_one_document(tmp_path, nested: bool) -> None:
    parts = {"train": records(names(0, 1)), "validation": names(2), "test": {"k": records(names(3))[0]}}
    file = tmp_path / "folds.json"
    file.write_text(json.dumps({"fold_7": parts} if nested else parts))
    (fold,) = read_folds(file, corpus()).folds
    assert fold.name == ("7" if nested else "all")
    assert (sorted(fold.train), sorted(fold.dev), len(fold.test)) == (sorted(names(0, 1)), sorted(names(2)), 1)


def test_records_may_say_their_part_themselves(tmp_path) -> None:
    file = tmp_path / "all.jsonl"
    own = records(names(0, 1), split="Train") + records(names(2), split="devel") + records(names(3), split="test")
    file.write_text("\n".join(map(json.dumps, own)))
    (fold,) = read_folds(file, corpus()).folds
    assert (len(fold.train), len(fold.dev), len(fold.test)) == (8, 4, 4)


def test_a_manifest_brings_its_parts_along(tmp_path) -> None:
    file = tmp_path / "manifest.csv"
    rows = [f"{name};s;{'test' if name.startswith('s3') else 'train'}" for name in names(0, 1, 2, 3)]
    file.write_text("\n".join(["file;speaker;Split", *rows]))
    assert has_folds(file)
    (fold,) = read_folds(file, corpus()).folds
    assert sorted(fold.test) == sorted(names(3))
    file.write_text("file,emotion\na.wav,joy\n")
    assert not has_folds(file)


def test_a_manifest_with_folds_and_speakers_tests_each_fold_once(tmp_path) -> None:
    file = tmp_path / "manifest.csv"
    file.write_text("file,speaker,fold\n" + "".join(f"{name},x,{int(name[1]) // 2}\n" for name in names(0, 1, 2, 3)))
    check(read_folds(file, corpus()).folds, [names(0, 1), names(2, 3)])


@pytest.mark.parametrize("column", ["speaker", "file"])
def test_the_tables_of_benchmarks_are_read_as_before(tmp_path, column: str) -> None:
    file = tmp_path / "folds.csv"
    rows = [f"s{who},{who // 2}" for who in range(4)]
    if column == "file":
        rows = [f"{name},{int(name[1]) // 2}" for name in names(0, 1, 2, 3)]
    file.write_text("\n".join([f"{column},fold", *rows]))
    check(read_folds(file, corpus()).folds, [names(0, 1), names(2, 3)])


def test_a_saved_plan_is_read(tmp_path) -> None:
    contents = {item.name: item.name for item in corpus()}
    plan = draw_plan("leave_one_speaker_out", corpus(), {"dev_speakers": 1}, seed=0, contents=contents)
    plan.save(tmp_path / "seed0.json")
    found = read_folds(tmp_path / "seed0.json", corpus())
    assert (found.folds, found.form) == (plan.folds, "a split plan")


def test_stretches_of_one_file_are_told_apart_by_their_start(tmp_path) -> None:
    items = [
        Utterance(Path("/data/call.wav"), f"call.wav#{start}", "made", start=float(start), end=start + 1.0)
        for start in range(3)
    ]
    own = [
        {"wav": "x/call.wav", "start_time": at + 0.01, "split": part}
        for at, part in enumerate(("train", "dev", "test"))
    ]
    file = tmp_path / "all.jsonl"
    file.write_text("\n".join(map(json.dumps, own)))
    (fold,) = read_folds(file, items).folds
    assert (fold.train, fold.dev, fold.test) == (("call.wav#0",), ("call.wav#1",), ("call.wav#2",))


def test_strangers_and_what_is_left_out_are_counted(tmp_path) -> None:
    file = tmp_path / "folds.json"
    file.write_text(json.dumps({"train": [*names(0), "gone/x.wav"], "test": names(1)}))
    found = read_folds(file, corpus())
    assert found.strangers == ("gone/x.wav",)
    assert list(found.left_out) == sorted(names(2, 3))


def test_a_name_that_may_be_several_recordings_is_refused(tmp_path) -> None:
    file = tmp_path / "folds.json"
    file.write_text(json.dumps({"train": ["anger-a.wav"], "test": names(1)}))
    with pytest.raises(SplitError, match=r"'anger-a.wav' may be any of s0/anger-a.flac, s1/anger-a.flac"):
        read_folds(file, corpus())


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "folds.json",
            '{"train": ["x.wav"], "test": ["y.wav"]}',
            "names x.wav, y.wav, and none of it is in the corpus",
        ),
        ("folds.jsonl", '{"wav": "x.wav"}\n{"wav": ', "line 2: neither JSON nor JSONL"),
        ("folds.json", '{"train": 3}', "'train' holds 3, expected files or records"),
        ("folds.json", '[{"wav": "s0/joy-a.wav", "split": "holdout"}]', "the part 'holdout' is not known"),
        ("folds.csv", "path,fold\nx,1\n", "has the columns path, fold, expected file and one of"),
        ("folds.csv", "file,part\ns0/joy-a.wav,\n", "line 2: no part and no fold"),
        ("folds.csv", "file,speaker,fold\ns0/joy-a.wav,a,1\n", "there is 1 fold, '1', and no part"),
    ],
)
def test_rubbish_is_named(tmp_path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SplitError, match=says):
        read_folds(tmp_path / name, corpus())


def test_nothing_and_an_empty_folder(tmp_path) -> None:
    with pytest.raises(SplitError, match="the folds cannot be read"):
        read_folds(tmp_path / "gone.csv", corpus())
    (tmp_path / "empty").mkdir()
    with pytest.raises(SplitError, match=r"holds no .jsonl, .json or .csv file"):
        read_folds(tmp_path / "empty", corpus())


@pytest.mark.parametrize("storage_format", ["csv", "parquet"])
@pytest.mark.parametrize("shape", ["column", "scheme", "tables", "middle", "numbered", "split", "named split"])
def test_the_split_of_an_audformat_database(tmp_path, shape: str, storage_format: str) -> None:
    audformat = pytest.importorskip("audformat")
    files = [item.name for item in corpus()]
    parts = ["test" if name.startswith("s3") else "dev" if name.startswith("s2") else "train" for name in files]
    database = audformat.Database("made")
    if shape in ("column", "scheme"):
        column = "split" if shape == "column" else "holdout"
        database.schemes["split"] = audformat.Scheme(labels=["train", "dev", "test"])
        database["files"] = audformat.Table(audformat.filewise_index(files))
        database["files"][column] = audformat.Column(scheme_id="split")
        database["files"][column].set(parts)
    else:
        title = {"tables": "emotion.{}", "middle": "emotion.{}.gold", "numbered": "emotion.{}-1"}.get(shape, "{}-x")
        for number, part in enumerate(("train", "dev", "test")):
            split = None
            if "split" in shape:
                split = f"p{number}" if shape == "split" else part
                database.splits[split] = audformat.Split(part if shape == "split" else "other")
            own = [name for name, said in zip(files, parts, strict=True) if said == part]
            name = title.format(f"part{number}" if "split" in shape else part)
            database[name] = audformat.Table(audformat.filewise_index(own), split_id=split)
    database.save(str(tmp_path), storage_format=storage_format)
    assert has_folds(tmp_path)
    found = read_folds(tmp_path, corpus())
    (fold,) = found.folds
    assert (found.form, sorted(fold.dev), sorted(fold.test)) == ("audformat", sorted(names(2)), sorted(names(3)))


def test_an_audformat_database_without_a_split(tmp_path) -> None:
    audformat = pytest.importorskip("audformat")
    database = audformat.Database("made")
    database["files"] = audformat.Table(audformat.filewise_index(["a.wav"]))
    database.save(str(tmp_path))
    assert not has_folds(tmp_path)
    with pytest.raises(SplitError, match=r"no column or scheme called split.*among: files"):
        read_folds(tmp_path, corpus())
