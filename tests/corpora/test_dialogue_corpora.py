"""IEMOCAP and MSP-IMPROV on made trees: ratings, dimensions, dialogue, turn, classes."""

import pytest

from unheard.corpora import iemocap, msp_improv
from unheard.errors import CorpusError

WAV = "Session1/sentences/wav"
RATINGS = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
A-E3:\tval 3; act 2; dom  2;\t()

[20.0000 - 21.0000]\tSes01F_impro01_M001\texc\t[5.5000, 5.0000, 1.0000]
[10.0000 - 12.0000]\tSes01F_impro01_M000\tfru\t[2.0000, 3.0000, 4.0000]
[30.0000 - 32.0000]\tSes01F_impro01_F001\txxx\t[3.0000, 3.0000, 3.0000]
"""
SCRIPTED = "[1.0000 - 2.0000]\tSes01M_script01_1b_F000\thap\t[4.0000, 3.0000, 3.0000]\n"
WORDS = "Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.\nM: (unclear)\n"


@pytest.fixture
def recorded(plant):
    names = [f"{WAV}/Ses01F_impro01/Ses01F_impro01_{turn}.wav" for turn in ("F000", "M000", "M001", "F001")]
    scripted = f"{WAV}/Ses01M_script01_1b/Ses01M_script01_1b_F000.wav"
    texts = {
        "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt": RATINGS,
        "Session1/dialog/EmoEvaluation/Ses01M_script01_1b.txt": SCRIPTED,
        "Session1/dialog/transcriptions/Ses01F_impro01.txt": WORDS,
    }
    return plant(*names, scripted, "Session1/dialog/wav/Ses01F_impro01.wav", texts=texts)


def test_iemocap_four_classes_merge_excitement_and_drop_the_rest(recorded) -> None:
    found = {item.file.stem: item for item in iemocap.read(recorded)}
    assert {name: item.emotion for name, item in found.items()} == {
        "Ses01F_impro01_F000": "neutral",
        "Ses01F_impro01_M001": "happiness",
        "Ses01M_script01_1b_F000": "happiness",
    }


def test_iemocap_full_keeps_every_turn_and_invents_no_label(recorded) -> None:
    found = {item.file.stem: item.emotion for item in iemocap.read(recorded, classes="full")}
    assert len(found) == 5
    assert found["Ses01F_impro01_M001"] == "excitement"
    assert found["Ses01F_impro01_M000"] == "frustration"
    assert found["Ses01F_impro01_F001"] is None


def test_iemocap_dimensions_are_valence_activation_dominance_in_unit_range(recorded) -> None:
    found = {item.file.stem: item for item in iemocap.read(recorded, classes="full")}
    other = found["Ses01F_impro01_M000"]
    assert (other.valence, other.arousal, other.dominance) == (0.25, 0.5, 0.75)
    clipped = found["Ses01F_impro01_M001"]
    assert (clipped.valence, clipped.arousal, clipped.dominance) == (1.0, 1.0, 0.0)


def test_iemocap_speaker_is_who_speaks_not_who_names_the_dialogue(recorded) -> None:
    found = {item.file.stem: item for item in iemocap.read(recorded, classes="full")}
    assert (found["Ses01F_impro01_M000"].speaker, found["Ses01F_impro01_M000"].gender) == ("1M", "m")
    assert found["Ses01M_script01_1b_F000"].speaker == "1F"
    assert {item.session for item in found.values()} == {"1"}


def test_iemocap_turns_follow_time_over_all_classes(recorded) -> None:
    found = [item for item in iemocap.read(recorded, classes="full") if item.dialogue == "Ses01F_impro01"]
    order = [item.file.stem[-4:] for item in sorted(found, key=lambda item: item.turn)]
    assert order == ["F000", "M000", "M001", "F001"]
    assert next(item.turn for item in iemocap.read(recorded) if item.file.stem.endswith("M001")) == 2


def test_iemocap_words_and_scripts(recorded) -> None:
    found = {item.file.stem: item for item in iemocap.read(recorded)}
    assert found["Ses01F_impro01_F000"].transcript == "Excuse me."
    assert found["Ses01F_impro01_F000"].sentence is None
    assert found["Ses01M_script01_1b_F000"].sentence == "script01_1"
    assert found["Ses01M_script01_1b_F000"].transcript is None


def test_iemocap_turn_without_rating_is_named(recorded) -> None:
    (recorded / WAV / "Ses01F_impro01" / "Ses01F_impro01_F777.wav").touch()
    with pytest.raises(CorpusError, match=r"1 file has no line in dialog/EmoEvaluation: .*F777.wav"):
        iemocap.read(recorded)


def test_iemocap_without_ratings_says_how_to_get_them(plant) -> None:
    with pytest.raises(CorpusError, match=r"EmoEvaluation.*Ask the owners"):
        iemocap.read(plant(f"{WAV}/Ses01F_impro01/Ses01F_impro01_F000.wav"))


EVALUATION = """UTD-IMPROV-S01A-F01-R-FF01.avi; A; A:2.000000; V:1.500000; D:4.000000 ; N:3.000000;
20140723_utd_101; Angry; Angry,Frustrated; A:2.000000; V:1.000000; D:4.000000; N:3.000000;

UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.0; V:3.5; D:NaN ; N:4.0;

UTD-IMPROV-S01A-M01-S-FM02.avi; X; A:3.0; V:3.0; D:3.0 ; N:4.0;

UTD-IMPROV-S01A-M01-S-FM03.avi; O; A:3.0; V:3.0; D:3.0 ; N:4.0;
"""


@pytest.fixture
def improvised(plant):
    names = ["R/MSP-IMPROV-S01A-F01-R-FF01", "P/MSP-IMPROV-S01A-F01-P-FM01", "S/MSP-IMPROV-S01A-M01-S-FM02",
             "S/MSP-IMPROV-S01A-M01-S-FM03"]  # fmt: skip
    return plant(*(f"session1/S01A/{name}.wav" for name in names), texts={"Evalution.txt": EVALUATION})


def test_msp_improv_consensus_speaker_and_sentence(improvised) -> None:
    natural, read = msp_improv.read(improvised)
    assert (read.speaker, read.gender, read.session, read.emotion) == ("F01", "f", "1", "anger")
    assert (read.sentence, natural.sentence) == ("01", None)
    assert natural.turn == 1
    assert natural.dialogue != read.dialogue


def test_msp_improv_arousal_grows_with_excitement(improvised) -> None:
    natural, read = msp_improv.read(improvised)
    assert (read.arousal, read.valence, read.dominance) == (0.75, 0.125, 0.75)
    assert natural.dominance is None


def test_msp_improv_full_keeps_turns_without_agreement(improvised) -> None:
    emotions = [item.emotion for item in msp_improv.read(improvised, classes="full")]
    assert emotions == ["neutral", "anger", None, "other"]


def test_msp_improv_accepts_the_other_spelling(improvised) -> None:
    (improvised / "Evalution.txt").rename(improvised / "Evaluation.txt")
    assert len(msp_improv.read(improvised)) == 2


def test_msp_improv_without_ratings_or_with_a_foreign_file(improvised) -> None:
    (improvised / "Evalution.txt").write_text("nothing\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="holds no line like"):
        msp_improv.read(improvised)
    (improvised / "Evalution.txt").unlink()
    with pytest.raises(CorpusError, match=r"Evalution.txt or Evaluation.txt"):
        msp_improv.read(improvised)


@pytest.mark.parametrize("corpus", [iemocap, msp_improv])
def test_unknown_classes_are_an_error_and_sessions_matter(corpus, tmp_path) -> None:
    assert corpus.CARD.sessions_matter
    with pytest.raises(CorpusError, match="'four' or 'full'"):
        corpus.read(tmp_path, classes="five")
