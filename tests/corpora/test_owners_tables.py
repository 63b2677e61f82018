"""nEMO, MSP-Podcast, MELD and LibriSpeech: what stands in the owners' files beside the recordings."""

import pytest

from unheard.corpora import librispeech, meld, msp_podcast, nemo
from unheard.corpora._layout import Unusable
from unheard.corpora._owners_files import OwnersTable, owners_file, unit
from unheard.data.labels import known
from unheard.data.splits import leave_one_session_out
from unheard.errors import CorpusError, SplitError, TableError

NEMO = (
    "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage\n"
    "WR0_surprised_64.wav\tsurprised\tUcho wykrywa „dźwięki”.\tucho\t        WR0\tmale\t23\n"
    "EB0_neutral_13.wav\tneutral\tInteresuje mnie.\tinteresuje mnie\t        EB0\tfemale\t27\n"
    "EB0_anger_13.wav\tanger\tInteresuje mnie.\tinteresuje mnie\t        EB0\tfemale\t27\n"
    "EB0_fear_1.wav\tfear\tA.\ta\t        EB0\tfemale\t27\n"
    "EB0_happiness_1.wav\thappiness\tA.\ta\t        EB0\tfemale\t27\n"
    "EB0_sadness_1.wav\tsadness\tA.\ta\t        EB0\tfemale\t27\n"
)


def planted_nemo(plant, *names: str, table: str = NEMO):
    return plant(*(f"samples/{name}" for name in names), texts={"data.tsv": table})


def test_nemo_joins_names_and_table(plant) -> None:
    first, second = nemo.read(planted_nemo(plant, "WR0_surprised_64.flac", "EB0_neutral_13.wav"))
    assert (first.speaker, first.gender, first.emotion, first.sentence) == ("EB0", "f", "neutral", "13")
    assert (second.speaker, second.gender, second.emotion) == ("WR0", "m", "surprise")
    assert (second.transcript, second.language) == ("Ucho wykrywa „dźwięki”.", "pl")


def test_nemo_every_code(plant) -> None:
    rows = [line.split("\t")[0] for line in NEMO.splitlines()[1:]]
    assert {item.emotion for item in nemo.read(planted_nemo(plant, *rows))} == set(known("nemo").values())


@pytest.mark.parametrize(
    ("name", "table", "says"),
    [
        ("EB0_neutral_99.wav", NEMO, r"1 file has no line in data.tsv: samples/EB0_neutral_99.wav"),
        ("neutral.wav", NEMO, "unlike WR0_surprised_64"),
        ("EB0_neutral_13.wav", NEMO + NEMO.splitlines()[2], r"2 lines in data.tsv \(the first is line 3\)"),
        ("EB0_neutral_13.wav", NEMO.replace("\tneutral\t", "\tsad\t"), r"in data.tsv \(EB0, sad\) than in its name"),
        ("EB0_neutral_13.wav", NEMO.replace("female", "f"), "gender 'f', expected female, male"),
        ("EB0_neutral_13.wav", NEMO.replace("gender", "sex"), "has no column gender"),
        ("EB0_neutral_13.wav", "", "has no column file_id, emotion"),
    ],
)
def test_nemo_says_what_is_wrong_and_where(plant, name: str, table: str, says: str) -> None:
    with pytest.raises(CorpusError, match=says):
        nemo.read(planted_nemo(plant, name, table=table))


def test_nemo_without_its_table_says_how_to_get_it(plant) -> None:
    with pytest.raises(CorpusError, match=r"no data.tsv lies under .*Clone"):
        nemo.read(plant("samples/EB0_neutral_13.wav"))


HEAD = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
PODCAST = HEAD + (
    "MSP-PODCAST_0001_0008.wav,N,4.0,1.0,7.0,30,Male,Test1\n"
    "MSP-PODCAST_0001_0009.wav,A,5.5,2.5,,39,Female,Train\n"
    "MSP-PODCAST_0002_0001.wav,X,4,4,4,39,Female,Train\n"
    "MSP-PODCAST_0002_0002.wav,O,4,4,4,40,Unknown,Train\n"
    "MSP-PODCAST_0002_0003.wav,H,4,4,4,Unknown,Unknown,Train\n"
)


def planted_podcast(plant, table: str = PODCAST, name: str = "labels_consensus.csv", *more: str):
    names = [line.split(",")[0] for line in PODCAST.splitlines()[1:]]
    return plant(*(f"Audios/{one}" for one in (*names, *more)), texts={f"Labels/{name}": table})


def test_msp_podcast_ratings_from_1_to_7_are_mapped_onto_the_unit_interval(plant) -> None:
    neutral, angry = msp_podcast.read(planted_podcast(plant))
    assert (neutral.arousal, neutral.valence, neutral.dominance) == (0.5, 0.0, 1.0)
    assert (angry.arousal, angry.valence, angry.dominance) == (0.75, 0.25, None)
    assert (neutral.speaker, neutral.gender, neutral.session, neutral.emotion) == ("30", "m", "0001", "neutral")
    assert "from 1 to 7" in msp_podcast.CARD.notes


def test_msp_podcast_full_keeps_segments_without_agreement_but_none_of_an_unknown_speaker(plant) -> None:
    found = msp_podcast.read(planted_podcast(plant), classes="full")
    assert [item.emotion for item in found] == ["neutral", "anger", None, "other"]
    assert [item.gender for item in found] == ["m", "f", "f", None]
    assert None not in {item.speaker for item in found}


def test_msp_podcast_every_category(plant) -> None:
    codes = list(known("msp_podcast"))
    rows = [f"MSP-PODCAST_0003_{n:04d}.wav,{code},1,1,1,7,Male,Train" for n, code in enumerate(codes)]
    texts = {"Labels/labels_consensus.csv": HEAD + "\n".join(rows)}
    folder = plant(*(f"Audios/{row.split(',')[0]}" for row in rows), texts=texts)
    found = msp_podcast.read(folder, classes="full")
    assert [item.emotion for item in found] == [known("msp_podcast")[code] for code in codes]
    kept = {item.emotion for item in msp_podcast.read(folder)}
    assert kept == {"anger", "happiness", "sadness", "neutral"}


def test_msp_podcast_reads_the_older_spelling_and_prefers_the_newer(plant) -> None:
    folder = planted_podcast(plant, PODCAST, "labels_concensus.csv")
    assert len(msp_podcast.read(folder)) == 2
    plant(texts={"Labels/labels_consensus.csv": PODCAST.replace(",A,", ",S,")})
    assert {item.emotion for item in msp_podcast.read(folder)} == {"neutral", "sadness"}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (PODCAST.replace("5.5", "7.5"), r"emoact '7.5', expected 1 to 7"),
        (PODCAST.replace("5.5", "0"), r"emoact '0', expected 1 to 7"),
        (PODCAST.replace("5.5", "high"), r"emoact 'high', expected a number"),
        (PODCAST.replace(",A,", ",Q,"), r"emotion code 'Q', expected A, C, D, F, H, N, O, S, U"),
        (PODCAST.replace("Female", "girl"), r"gender 'girl', expected female, male"),
        (PODCAST.replace("SpkrID", "Spk"), r"labels_consensus.csv' has no column spkrid"),
        (HEAD, r"5 files have no line in labels_consensus.csv"),
    ],
)
def test_msp_podcast_says_what_is_wrong_and_where(plant, table: str, says: str) -> None:
    with pytest.raises(CorpusError, match=says):
        msp_podcast.read(planted_podcast(plant, table))


def test_msp_podcast_segments_without_labels_are_set_aside(plant) -> None:
    folder, bad = planted_podcast(plant, PODCAST, "labels_consensus.csv", "MSP-PODCAST_test3_0001.wav"), []
    plant("Audios/MSP-PODCAST_9999_0001.wav")
    assert len(msp_podcast.read(folder, bad=bad)) == 2
    assert [problem.split(" (")[0] for _, problem in bad] == [
        "no line in labels_consensus.csv", "a name unlike MSP-PODCAST_0001_0008",
    ]  # fmt: skip


def test_msp_podcast_without_labels_or_with_unknown_classes_says_so(plant) -> None:
    folder = plant("Audios/MSP-PODCAST_0001_0008.wav")
    with pytest.raises(CorpusError, match=r"no labels_consensus.csv or labels_concensus.csv lies.*Ask the owners"):
        msp_podcast.read(folder)
    with pytest.raises(CorpusError, match="'four' or 'full'"):
        msp_podcast.read(folder, classes="five")


COLUMNS = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
TRAIN = COLUMNS + (
    '1,"Oh my God, he\u2019s lost it.",Phoebe,sadness,negative,0,0,4,7,"00:20:57,256","00:21:00,049"\n'
    '2,What?,Monica,surprise,negative,0,1,4,7,"00:21:01,927","00:21:03,261"\n'
    '3,Hey!,All,joy,positive,0,2,4,7,"0:12:44,074","0:12:45,189"\n'
    '4,"""Wanted"" Nice!",Ross and Joey,joy,positive,1,0,8,21,"0:12:44,074","0:12:45,189"\n'
    '5,Yes.,Ross,anger,negative,1,1,8,21,"0:12:44,074","0:12:45,189"\n'
)
TEST = COLUMNS + "1,No.,Nurse,disgust,negative,0,0,1,2,0,1\n"


@pytest.fixture
def series(plant):
    turns = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1))
    clips = [f"train/train_splits/dia{dialogue}_utt{turn}.wav" for dialogue, turn in turns]
    texts = {"train_sent_emo.csv": TRAIN, "data/MELD/test_sent_emo.csv": TEST}
    return plant(*clips, "output_repeated_splits_test/dia0_utt0.wav", texts=texts)


def test_meld_reads_dialogue_turn_session_and_words(series) -> None:
    found = {(item.dialogue, item.turn): item for item in meld.read(series)}
    first, nurse = found["train-0", 0], found["test-0", 0]
    assert (first.speaker, first.emotion, first.session) == ("Phoebe", "sadness", "season 4, episode 7")
    assert first.transcript == "Oh my God, he\u2019s lost it."
    assert (nurse.speaker, nurse.emotion, nurse.session) == ("Nurse", "disgust", "season 1, episode 2")
    assert {item.gender for item in found.values()} == {None}
    assert meld.CARD.sessions_matter


def test_meld_dialogues_of_two_parts_are_not_one(series) -> None:
    found = meld.read(series)
    assert {item.dialogue for item in found} == {"train-0", "train-1", "test-0"}
    assert len({item.name for item in found}) == len(found)


def test_meld_leaves_out_what_several_speak_and_what_the_table_names_nowhere(series, plant) -> None:
    plant("output_repeated_splits_test/final_videos_testdia0_utt0.wav")
    assert sorted(str(item.speaker) for item in meld.read(series)) == ["Monica", "Nurse", "Phoebe", "Ross"]


@pytest.mark.parametrize("speaker", ["Both", "Everyone", "Joey & Ross", "Chandler, Monica", "Monica/Phoebe"])
def test_meld_several_are_told_by_the_owners_words(plant, speaker: str) -> None:
    table = TRAIN.replace(",Monica,", f',"{speaker}",')
    folder = plant("train_splits/dia0_utt0.wav", "train_splits/dia0_utt1.wav", texts={"train_sent_emo.csv": table})
    assert [item.speaker for item in meld.read(folder)] == ["Phoebe"]


@pytest.mark.parametrize("speaker", ["Andrea", "Allison", "Sandy", "Mr. Ballmer"])
def test_meld_names_that_only_hold_such_letters_are_one_speaker(plant, speaker: str) -> None:
    table = TRAIN.replace(",Phoebe,", f",{speaker},")
    folder = plant("train_splits/dia0_utt0.wav", texts={"train_sent_emo.csv": table})
    assert [item.speaker for item in meld.read(folder)] == [speaker]


def test_meld_every_emotion(plant) -> None:
    codes = list(known("meld"))
    rows = [f"{n},Hey.,Joey,{code},neutral,0,{n},1,1,0,1" for n, code in enumerate(codes)]
    folder = plant(
        *(f"dev_splits_complete/dia0_utt{n}.wav" for n in range(len(codes))),
        texts={"dev_sent_emo.csv": COLUMNS + "\n".join(rows)},
    )
    assert [item.emotion for item in meld.read(folder)] == [known("meld")[code] for code in codes]


@pytest.mark.parametrize(
    ("clip", "says"),
    [
        ("train_splits/dia7_utt0.wav", "1 file has no line in train_sent_emo.csv: train_splits/dia7_utt0.wav"),
        ("train_splits/clip7.wav", "unlike dia12_utt3"),
        ("extra/dia0_utt0.wav", "folder 'extra', expected train_splits, dev_splits_complete, output_rep"),
        ("dev_splits_complete/dia0_utt0.wav", "no dev_sent_emo.csv lies under"),
    ],
)
def test_meld_says_what_is_wrong_and_where(series, plant, clip: str, says: str) -> None:
    plant(clip)
    with pytest.raises(CorpusError, match=says):
        meld.read(series)


def test_meld_video_alone_says_how_to_save_its_sound(plant) -> None:
    with pytest.raises(CorpusError, match=r"no recording .*ffmpeg -i dia0_utt0\.mp4 dia0_utt0\.wav"):
        meld.read(plant("train_splits/dia0_utt0.mp4", texts={"train_sent_emo.csv": TRAIN}))


def test_meld_speakers_of_one_session_cannot_be_parted(series) -> None:
    found = meld.read(series)
    folds = leave_one_session_out.propose(
        found, leave_one_session_out.Settings(dev_speakers=1), seed=0, sessions_matter=True
    )
    assert len(folds) == 3
    with pytest.raises(SplitError, match=r"separable sets"):
        leave_one_session_out.propose(
            [item for item in found if item.dialogue == "train-0"],
            leave_one_session_out.Settings(dev_speakers=1),
            seed=0,
            sessions_matter=True,
        )


SPEAKERS = """; Some pipe(|) separated metadata about all LibriVox readers, whose work was used
;
;ID  |SEX| SUBSET           |MINUTES| NAME
14   | F | train-clean-360  | 25.03 | Kristin LeMoine
17   | M | train-clean-360  | 25.04 | Gord | Mackenzie
"""
WORDS = "14-208-0000 CHAPTER ONE\n14-208-0001 NO ONE WHO HAD EVER SEEN\n"


@pytest.fixture
def books(plant):
    flacs = ("14/208/14-208-0000", "14/208/14-208-0001", "17/363/17-363-0000")
    texts = {
        "SPEAKERS.TXT": SPEAKERS,
        "train-clean-360/14/208/14-208.trans.txt": WORDS,
        "train-clean-360/17/363/17-363.trans.txt": "17-363-0000 EVEN SO\n",
    }
    return plant(*(f"train-clean-360/{name}.flac" for name in flacs), texts=texts)


def test_librispeech_reads_speaker_gender_and_words_and_no_emotion(books) -> None:
    first, _, last = librispeech.read(books)
    assert (first.speaker, first.gender, first.language, first.transcript) == ("14", "f", "en", "CHAPTER ONE")
    assert (last.speaker, last.gender, last.transcript) == ("17", "m", "EVEN SO")
    assert {item.emotion for item in librispeech.read(books)} == {None}


def test_librispeech_part_finds_the_speakers_in_the_folder_above(books) -> None:
    found = librispeech.read(books / "train-clean-360")
    assert next(item.name for item in found) == "14/208/14-208-0000.flac"
    assert {item.gender for item in found} == {"f", "m"}


def test_librispeech_without_speakers_says_how_to_get_them(books) -> None:
    (books / "SPEAKERS.TXT").unlink()
    with pytest.raises(CorpusError, match=r"no SPEAKERS.TXT lies under .*openslr"):
        librispeech.read(books)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("SPEAKERS.TXT", "; nobody\n", "holds no line like '14 | F"),
        (
            "SPEAKERS.TXT",
            SPEAKERS.replace("17 ", "18 "),
            r"1 file has a reader \(17\) whom SPEAKERS.TXT does not list",
        ),
        ("SPEAKERS.TXT", SPEAKERS.replace("| M |", "| X |"), "sex 'X', expected F, M"),
        ("train-clean-360/14/208/14-208.trans.txt", "14-208-0000 ONE\n", "1 file has no line in 14-208.trans.txt"),
        ("train-clean-360/14/208/14-208.trans.txt", "", "2 files have no line in 14-208.trans.txt"),
    ],
)
def test_librispeech_says_what_is_wrong_and_where(books, plant, file: str, text: str, says: str) -> None:
    plant(texts={file: text})
    with pytest.raises(CorpusError) as caught:
        librispeech.read(books)
    assert says.replace("\\", "") in str(caught.value)


def test_librispeech_sets_aside_what_has_no_words(books) -> None:
    (books / "train-clean-360/17/363/17-363.trans.txt").unlink()
    bad: list[tuple[str, str]] = []
    assert len(librispeech.read(books, bad=bad)) == 2
    assert bad == [("train-clean-360/17/363/17-363-0000.flac", "no line in 17-363.trans.txt beside it")]


def test_owners_file_is_looked_for_in_the_folder_then_below_then_nowhere(plant) -> None:
    folder = plant("a/b/labels.csv", "a/labels.csv")
    assert owners_file(folder, ("labels.csv",), nemo.CARD) == folder / "a/b/labels.csv"
    plant("labels.csv")
    assert owners_file(folder, ("labels.csv",), nemo.CARD) == folder / "labels.csv"
    with pytest.raises(CorpusError, match=r"no labels\.csv lies under"):
        owners_file(plant("c/x.wav") / "c", ("labels.csv",), nemo.CARD)
    assert owners_file(folder / "c", ("labels.csv",), nemo.CARD, above=True) == folder.absolute() / "labels.csv"


def test_owners_table_in_another_encoding_is_named(plant, tmp_path) -> None:
    (tmp_path / "data.tsv").write_bytes(b"file_id\temotion\nG\xf3ra\tanger\n")
    with pytest.raises(TableError, match=r"data.tsv, line 2: the table is not UTF-8"):
        OwnersTable(tmp_path / "data.tsv", ("file_id",), (), nemo.CARD)


@pytest.mark.parametrize(("cell", "value"), [("1", 0.0), ("7", 1.0), ("4", 0.5), ("", None)])
def test_unit_maps_the_range_onto_0_and_1(cell: str, value: float | None) -> None:
    assert unit(cell, "EmoAct", 1.0, 7.0) == value


@pytest.mark.parametrize("cell", ["0.99", "7.01", "nan", "4,5", "-4"])
def test_unit_refuses_what_is_outside(cell: str) -> None:
    with pytest.raises(Unusable, match="EmoAct"):
        unit(cell, "EmoAct", 1.0, 7.0)
