"""Parts that a file gives: what `unheard audit` reads, a run can be made of."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from unheard.data.folds.plan import SplitPlan, draw_plan
from unheard.errors import SplitError
from unheard.records import Utterance

PART_OF = {0: "train", 1: "train", 2: "train", 3: "dev", 4: "test", 5: "test"}


def corpus(speakers: int = 6) -> list[Utterance]:
    return [
        Utterance(Path(f"/made/{who}/{emotion}-{take}.wav"), f"{who}/{emotion}-{take}.wav", "made").replace(
            speaker=str(who), emotion=emotion, gender="fm"[who % 2], session=str(who // 2)
        )
        for who in range(speakers)
        for emotion in ("anger", "joy")
        for take in "ab"
    ]


def draw(items: Sequence[Utterance], file: Path, *, sessions: bool = False, **told: object) -> SplitPlan:
    contents = {item.name: f"hash of {item.name}" for item in items}
    own = {"file": str(file), **told}
    return draw_plan("from_file", items, own, seed=0, contents=contents, sessions_matter=sessions)


def speakers(items: Sequence[Utterance], names: Sequence[str]) -> list[str]:
    return sorted({str(item.speaker) for item in items if item.name in names})


def part_file(folder: Path, items: Sequence[Utterance], part_of: dict[int, str], column: str = "part") -> Path:
    file = folder / "parts.csv"
    rows = [f"{item.name};{part_of[int(str(item.speaker))]}" for item in items if int(str(item.speaker)) in part_of]
    file.write_text(f"file;{column}\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("column", ["part", "split", "subset"])
def test_one_way_train_and_test(tmp_path: Path, column: str) -> None:
    items = corpus()
    plan = draw(items, part_file(tmp_path, items, PART_OF, column))
    (fold,) = plan.folds
    assert fold.name == "fold-all"
    assert [speakers(items, part) for part in (fold.train, fold.dev, fold.test)] == [
        ["0", "1", "2"],
        ["3"],
        ["4", "5"],
    ]
    assert not plan.inflated
    plan.save(tmp_path / "plan.json")
    assert SplitPlan.load(tmp_path / "plan.json") == plan


def test_without_a_dev_part_dev_speakers_are_drawn_from_train(tmp_path: Path) -> None:
    items = corpus(8)
    parts = {**PART_OF, 3: "train", 6: "train"}  # 7 is in no part
    (fold,) = draw(items, part_file(tmp_path, items, parts), dev_speakers=2).folds
    assert len(speakers(items, fold.dev)) == 2
    assert sorted(speakers(items, fold.dev) + speakers(items, fold.train)) == ["0", "1", "2", "3", "6"]
    assert speakers(items, fold.test) == ["4", "5"]
    assert speakers(items, fold.excluded) == ["7"]


def test_a_tested_speaker_who_is_trained_on_is_refused(tmp_path: Path) -> None:
    items = corpus()
    file = part_file(tmp_path, items, PART_OF)
    file.write_text(file.read_text().replace("4/joy-a.wav;test", "4/joy-a.wav;train"))
    with pytest.raises(SplitError, match=r"speaker 'made/4' is in train and test.*unheard audit"):
        draw(items, file)


def test_parts_that_share_a_session_are_refused_where_sessions_matter(tmp_path: Path) -> None:
    items = corpus()
    file = part_file(tmp_path, items, PART_OF)
    with pytest.raises(SplitError, match="session 'made/1' is in train and dev"):
        draw(items, file, sessions=True)
    assert draw(items, part_file(tmp_path, items, {**PART_OF, 3: "train"}), sessions=True, dev_speakers=1).folds


@pytest.mark.parametrize(
    ("part_of", "message"),
    [
        ({0: "train", 1: "train"}, "fold 'all' has no test"),
        ({0: "test", 1: "test"}, "fold 'all' has no train"),
        ({0: "train", 1: "learn", 2: "test"}, "learn"),
        ({0: "train", 4: "test"}, "leaves 1 speakers"),
    ],
)
def test_parts_that_do_not_fit_are_an_error(part_of: dict[int, str], message: str, tmp_path: Path) -> None:
    items = corpus()
    with pytest.raises(SplitError, match=message):
        draw(items, part_file(tmp_path, items, part_of))


def test_a_folder_of_folds_is_read_and_counts_by_what_it_holds(tmp_path: Path) -> None:
    items = corpus()
    for place in ("here", "there"):
        for fold, tested in (("1", "01"), ("2", "23"), ("3", "45")):
            folder = tmp_path / place / "made" / f"fold_{fold}"
            folder.mkdir(parents=True)
            for part in ("train", "test"):
                rows = [{"wav": item.name} for item in items if (str(item.speaker) in tested) == (part == "test")]
                text = "\n".join(json.dumps(row) for row in rows)
                (folder / f"made_{part}_fold_{fold}.jsonl").write_text(text, encoding="utf-8")
    plan = draw(items, tmp_path / "here" / "made", dev_speakers=1)
    assert [fold.name for fold in plan.folds] == ["fold-1", "fold-2", "fold-3"]
    assert [speakers(items, fold.test) for fold in plan.folds] == [["0", "1"], ["2", "3"], ["4", "5"]]
    assert draw(items, tmp_path / "there" / "made", dev_speakers=1).digest == plan.digest
    (tmp_path / "there" / "made" / "a.wav").write_bytes(b"a recording is none of the folds")
    assert draw(items, tmp_path / "there" / "made", dev_speakers=1).digest == plan.digest
    file = tmp_path / "there" / "made" / "fold_1" / "made_test_fold_1.jsonl"
    file.write_text(file.read_text() + "\n")
    assert draw(items, tmp_path / "there" / "made", dev_speakers=1).digest != plan.digest


def test_the_folds_of_another_run_can_be_run(tmp_path: Path) -> None:
    items = corpus(8)
    contents = {item.name: item.name for item in items}
    first = draw_plan("speaker_groups", items, {"groups": 3}, seed=4, contents=contents)
    first.save(tmp_path / "seed4.json")
    again = draw(items, tmp_path / "seed4.json")
    assert [fold.name for fold in again.folds] == [f"fold-{fold.name}" for fold in first.folds]
    assert [(fold.train, fold.dev, fold.test) for fold in again.folds] == [
        (fold.train, fold.dev, fold.test) for fold in first.folds
    ]


def test_a_manifest_with_folds_serves(tmp_path: Path) -> None:
    items = corpus()
    file = tmp_path / "manifest.csv"
    rows = [f"{item.name},{item.speaker},{item.emotion},{int(str(item.speaker)) // 2}" for item in items]
    file.write_text("file,speaker,emotion,fold\n" + "\n".join(rows) + "\n", encoding="utf-8")
    plan = draw(items, file, dev_speakers=1)
    assert [speakers(items, fold.test) for fold in plan.folds] == [["0", "1"], ["2", "3"], ["4", "5"]]
    assert all(len(speakers(items, fold.train)) == 3 for fold in plan.folds)
