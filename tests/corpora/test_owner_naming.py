"""Owners' names give the labels; a name that breaks the naming is said, with the file and the mend."""

import os

import pytest

from unheard.corpora import ased, crema_d, emodb, ko_emotiontts, ravdess, urdu
from unheard.corpora._layout import expected
from unheard.errors import CorpusError


def test_emodb_reads_speaker_sentence_and_german_letter(plant) -> None:
    (first, second) = emodb.read(plant("wav/03a01Fa.wav", "wav/16b10Lb.WAV"))
    assert (first.name, first.speaker, first.gender) == ("wav/03a01Fa.wav", "03", "m")
    assert (first.sentence, first.emotion, first.language) == ("a01", "happiness", "de")
    assert (second.speaker, second.gender, second.emotion) == ("16", "f", "boredom")


@pytest.mark.parametrize("ending", ["wav", "FLAC", "ogg", "Opus", "mp3"])
def test_any_audio_ending_is_read_and_others_are_not(plant, ending: str) -> None:
    folder = plant(f"wav/03a01Fa.{ending}", "lab/03a01Fa.lablaut", "notes.txt", "wav/._03a01Fa.wav")
    assert [item.name for item in emodb.read(folder)] == [f"wav/03a01Fa.{ending}"]


def test_ravdess_reads_speech_and_leaves_songs_out(plant) -> None:
    folder = plant("Actor_02/03-01-05-02-01-01-02.wav", "Actor_02/03-02-05-02-01-01-02.wav")
    (found,) = ravdess.read(folder)
    assert (found.speaker, found.gender, found.emotion, found.sentence) == ("02", "f", "anger", "01")


def test_a_wrong_code_names_the_file_and_the_mend(plant) -> None:
    folder = plant("Actor_03/03-01-09-01-01-01-03.wav", "Actor_03/03-01-01-01-01-01-03.wav")
    with pytest.raises(CorpusError) as caught:
        ravdess.read(folder)
    assert str(caught.value) == (
        "ravdess: 1 file has emotion code '09', expected 01-08: Actor_03/03-01-09-01-01-01-03.wav. "
        "Remove it, or pass --skip-bad."
    )


def test_bad_files_are_set_aside_and_nothing_else_is_lost(plant) -> None:
    good = "Actor_03/03-01-01-01-01-01-03.wav"
    wrong = ["Actor_03/03-01-09-01-01-01-03.wav", "Actor_03/holiday.mp3", "Actor_03/03-01-01-01-03-01-03.wav",
             "Actor_99/03-01-01-01-01-01-99.wav", "Actor_03/01-01-01-01-01-01-03.wav"]  # fmt: skip
    bad: list[tuple[str, str]] = []
    found = ravdess.read(plant(good, *wrong), bad=bad)
    assert [item.name for item in found] == [good]
    assert sorted(name for name, _ in bad) == sorted(wrong)
    assert all(problem for _, problem in bad)


def test_many_bad_files_are_counted_and_the_first_are_named(plant) -> None:
    names = [f"wav/take{number}.wav" for number in range(7)]
    with pytest.raises(CorpusError, match=r"7 files have a name unlike .*: wav/take0.wav, .*, \.\.\.\. Remove them"):
        emodb.read(plant("wav/03a01Fa.wav", *names))


def test_nothing_usable_is_an_error_even_with_bad(plant) -> None:
    with pytest.raises(CorpusError, match="no usable recording"):
        emodb.read(plant("wav/holiday.wav"), bad=[])


def test_a_copy_of_the_corpus_in_the_corpus_is_no_second_utterance(plant) -> None:
    with pytest.raises(CorpusError, match=r"the same name as copy/03a01Fa.wav: wav/03a01Fa.flac"):
        emodb.read(plant("copy/03a01Fa.wav", "wav/03a01Fa.flac"))


def test_ased_gender_is_that_of_most_files_of_the_speaker(plant) -> None:
    folder = plant("01Neutral/n1-01-01-01-15.wav", "02Fearful/f2-01-01-02-15.wav", "04Sad/S4-07-01-01-15.wav")
    found = ased.read(folder)
    assert [item.gender for item in found] == ["f", "f", "f"]
    assert [item.sentence for item in found] == ["1-01", "2-01", "4-07"]
    assert [item.emotion for item in found] == ["neutral", "fear", "sadness"]


def test_ased_gender_in_balance_is_not_invented(plant) -> None:
    found = ased.read(plant("01Neutral/n1-01-01-01-15.wav", "02Fearful/f2-01-01-02-15.wav"))
    assert [item.gender for item in found] == [None, None]


def test_ased_letter_and_number_must_agree(plant) -> None:
    with pytest.raises(CorpusError, match="emotion code 'n2', expected a5, f2, h3, n1, s4"):
        ased.read(plant("01Neutral/n2-01-01-01-15.wav"))


def test_urdu_reads_speaker_and_gender(plant) -> None:
    found = urdu.read(plant("Happy/SF10_F2_H092.wav", "Angry/SM1_F10_A010.wav"))
    assert [(item.speaker, item.gender, item.emotion) for item in found] == [
        ("SM1", "m", "anger"), ("SF10", "f", "happiness"),
    ]  # fmt: skip


def test_korean_speakers_have_no_emotion_and_other_parts_are_left_out(plant) -> None:
    folder = plant(
        "Main/adaptive/adc/wav/adc00001.wav",
        "Personality/pfa/wav/pfa00001.wav",
        "Emotional/ema/wav/ema00001.wav",
    )
    found = ko_emotiontts.read(folder)
    assert [(item.speaker, item.gender, item.emotion) for item in found] == [
        ("adc", "m", None),
        ("pfa", "f", None),
    ]


def test_korean_speaker_that_no_readme_lists_is_unusable(plant) -> None:
    with pytest.raises(CorpusError, match="speaker 'xyz'"):
        ko_emotiontts.read(plant("Main/adaptive/xyz/wav/xyz00001.wav"))


DEMOGRAPHICS = 'ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n1002,21,"Female",Asian,\n'


def test_crema_d_reads_genders_and_only_one_copy_of_the_audio(plant) -> None:
    folder = plant(
        "AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1002_ITH_SAD_X.wav", "AudioMP3/1001_DFA_ANG_XX.mp3",
        texts={"VideoDemographics.csv": DEMOGRAPHICS},
    )  # fmt: skip
    found = crema_d.read(folder)
    assert [(item.speaker, item.gender, item.sentence, item.emotion) for item in found] == [
        ("1001", "m", "DFA", "anger"), ("1002", "f", "ITH", "sadness"),
    ]  # fmt: skip


def test_crema_d_without_demographics_has_no_genders(plant) -> None:
    assert crema_d.read(plant("1001_DFA_ANG_XX.wav"))[0].gender is None


def test_crema_d_with_foreign_demographics_says_so(plant) -> None:
    folder = plant("AudioWAV/1001_DFA_ANG_XX.wav", texts={"VideoDemographics.csv": "version https://lfs\n"})
    with pytest.raises(CorpusError, match="no columns ActorID and Sex"):
        crema_d.read(folder)


def test_expected_is_a_range_only_where_numbers_are_consecutive() -> None:
    assert expected(["03", "08"]) == "03, 08"
    assert expected(["02", "01"]) == "01-02"


def test_a_name_that_is_not_utf8_is_named_and_the_others_are_read(plant) -> None:
    folder = plant("03a01Fa.wav", os.fsdecode(b"K\xf6ln/03a01Wa.wav"))
    with pytest.raises(CorpusError, match="not UTF-8"):
        emodb.read(folder)
    bad = []
    assert [item.name for item in emodb.read(folder, bad=bad)] == ["03a01Fa.wav"]
    assert len(bad) == 1
