"""What the names of each acted corpus say: speaker, gender, language, sentence, and the owners' own counts."""

import itertools
from collections import Counter

import pytest

from unheard.corpora import aesdd, baved, cafe, emovo, esd, iesc, savee, shemo, subesco, tess, turev_db
from unheard.data.folds.plan import drop_duplicates
from unheard.errors import CorpusError


def test_emovo_reads_actor_gender_and_sentence(plant) -> None:
    (first, second) = emovo.read(plant("f2/gio-f2-b3.wav", "m1/tri-m1-d2.wav"))
    assert (first.speaker, first.gender, first.language) == ("f2", "f", "it")
    assert (first.emotion, first.sentence) == ("happiness", "b3")
    assert (second.speaker, second.gender, second.emotion, second.sentence) == ("m1", "m", "sadness", "d2")


def test_emovo_is_588_recordings_of_six_actors_and_fourteen_sentences(plant) -> None:
    actors = [gender + number for gender in "fm" for number in "123"]
    sentences = [
        f"{kind}{n}" for kind, count in (("b", 3), ("l", 4), ("n", 5), ("d", 2)) for n in range(1, count + 1)
    ]
    emotions = ("dis", "gio", "neu", "pau", "rab", "sor", "tri")
    names = [f"{actor}/{code}-{actor}-{text}.wav" for actor in actors for code in emotions for text in sentences]
    found = emovo.read(plant(*names))
    assert len(found) == 588
    assert Counter(item.gender for item in found) == {"f": 294, "m": 294}
    assert len({item.sentence for item in found}) == 14
    assert set(Counter((item.speaker, item.emotion) for item in found).values()) == {14}


@pytest.mark.parametrize("name", ["gio-f4-b1", "gio-f1-b4", "gio-f1-d3", "gio-x1-b1", "gio_f1_b1", "gio-f1"])
def test_emovo_refuses_actors_and_sentences_that_there_are_not(plant, name: str) -> None:
    with pytest.raises(CorpusError, match=rf"1 file has a name unlike gio-f2-b3 .*: {name}.wav"):
        emovo.read(plant(f"{name}.wav"))


def test_savee_reads_the_speaker_from_the_folder_and_knows_no_sentence(plant) -> None:
    (first, second) = savee.read(plant("AudioData/JE/su15.wav", "AudioData/KL/n30.wav"))
    assert (first.speaker, first.gender, first.emotion) == ("JE", "m", "surprise")
    assert (second.speaker, second.emotion, second.sentence) == ("KL", "neutral", None)
    assert "sentence is not known" in savee.CARD.notes


def test_savee_is_480_recordings(plant) -> None:
    numbers = {code: 30 if code == "n" else 15 for code in ("a", "d", "f", "h", "n", "sa", "su")}
    names = [
        f"{who}/{code}{n:02d}.wav"
        for who in ("DC", "JE", "JK", "KL")
        for code, count in numbers.items()
        for n in range(1, count + 1)
    ]
    found = savee.read(plant(*names))
    assert len(found) == 480
    assert Counter(item.emotion for item in found)["neutral"] == 120
    assert Counter(item.speaker for item in found) == dict.fromkeys(("DC", "JE", "JK", "KL"), 120)


def test_savee_outside_the_folder_of_a_speaker_is_unusable(plant) -> None:
    with pytest.raises(CorpusError, match=r"folder 'AudioData', expected the speaker's: DC, JE, JK, KL"):
        savee.read(plant("AudioData/a01.wav"))


def test_tess_reads_actress_word_and_phrase(plant) -> None:
    (old, young) = tess.read(plant("OAF_Pleasant_surprise/OAF_back_ps.wav", "YAF_sad/YAF_youth_sad.wav"))
    assert (old.speaker, old.gender, old.emotion, old.sentence) == ("OAF", "f", "surprise", "back")
    assert (young.speaker, young.emotion, young.transcript) == ("YAF", "sadness", "Say the word youth")


def test_tess_mends_the_one_name_of_the_release_that_lacks_a_letter_and_no_other(plant) -> None:
    (found,) = tess.read(plant("OAF_neutral/OA_bite_neutral.wav"))
    assert (found.speaker, found.sentence, found.emotion) == ("OAF", "bite", "neutral")
    with pytest.raises(CorpusError, match="actress 'YA', expected OA, OAF, YAF"):
        tess.read(plant("YAF_neutral/YA_bite_neutral.wav"))


def test_tess_has_two_speakers_who_say_every_word_with_every_emotion(plant) -> None:
    words = [f"word{chr(97 + n // 20)}{chr(97 + n % 20)}" for n in range(200)]
    codes = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")
    found = tess.read(plant(*(f"{w}_{x}_{c}.wav" for w, x, c in itertools.product(("OAF", "YAF"), words, codes))))
    assert len(found) == 2800
    assert len({item.sentence for item in found}) == 200
    assert Counter(item.speaker for item in found) == {"OAF": 1400, "YAF": 1400}


def test_shemo_tells_the_f_of_a_woman_from_the_f_of_fear(plant) -> None:
    found = shemo.read(plant("female/F03S02.wav", "female/F14A09.wav", "male/M02F01.wav", "male/M03W01.wav"))
    assert [(item.speaker, item.gender, item.emotion) for item in found] == [
        ("F03", "f", "sadness"), ("F14", "f", "anger"), ("M02", "m", "fear"), ("M03", "m", "surprise"),
    ]  # fmt: skip
    assert {item.language for item in found} == {"fa"}
    assert {item.sentence for item in found} == {None}


def test_cafe_actors_are_male_where_odd_and_say_six_sentences_with_two_intensities(plant) -> None:
    found = cafe.read(
        plant(
            "Colère/Fort/01-C-2-6.wav", "Neutre/02-N-1-1.wav", "Dégoût/Faible/12-D-1-3.WAV", "Peur/Fort/11-P-2-2.wav"
        )
    )
    assert {(item.speaker, item.gender, item.emotion, item.sentence) for item in found} == {
        ("01", "m", "anger", "6"), ("02", "f", "neutral", "1"), ("12", "f", "disgust", "3"), ("11", "m", "fear", "2"),
    }  # fmt: skip


def test_cafe_is_936_recordings(plant) -> None:
    acted = [f"{a:02d}-{e}-{i}-{s}.wav" for a in range(1, 13) for e in "CDJPST" for i in (1, 2) for s in range(1, 7)]
    neutral = [f"{a:02d}-N-1-{s}.wav" for a in range(1, 13) for s in range(1, 7)]
    found = cafe.read(plant(*acted, *neutral))
    assert len(found) == 936
    assert Counter(item.gender for item in found) == {"f": 468, "m": 468}


@pytest.mark.parametrize(
    ("name", "says"),
    [("13-C-1-1", "actor '13', expected 01-12"), ("00-C-1-1", "actor '00'"), ("01-C-3-1", "unlike 01-C-1-3"),
     ("01-C-1-7", "unlike 01-C-1-3")],
)  # fmt: skip
def test_cafe_refuses_what_there_is_not(plant, name: str, says: str) -> None:
    with pytest.raises(CorpusError, match=says):
        cafe.read(plant(f"{name}.wav"))


def test_aesdd_keeps_second_takes_and_one_spelling_of_a_speaker(plant) -> None:
    names = ("fear/f18 (5).wav", "fear/f18 (5)b.wav", "fear/f10 (01).wav", "anger/a20 (6).wav")
    found = aesdd.read(plant(*names))
    assert sorted((item.speaker, item.sentence, item.emotion) for item in found) == [
        ("1", "10", "fear"), ("5", "18", "fear"), ("5", "18", "fear"), ("6", "20", "anger"),
    ]  # fmt: skip
    assert {item.gender for item in found} == {None}


def test_subesco_numbers_speakers_within_a_gender(plant) -> None:
    found = subesco.read(plant("F_02_MONIKA_S_1_NEUTRAL_5.wav", "M_02_RAHAT_S_10_SAD_1.wav"))
    assert [(item.speaker, item.gender, item.sentence, item.emotion) for item in found] == [
        ("F_02", "f", "1", "neutral"), ("M_02", "m", "10", "sadness"),
    ]  # fmt: skip
    assert {item.language for item in found} == {"bn"}


def test_turev_db_reads_speaker_and_word_and_no_gender(plant) -> None:
    found = turev_db.read(plant("Sound Source/Sad/1157_hl_acik.wav", "Sound Source/Happy/1358_mt_okul.wav"))
    assert [(item.speaker, item.emotion, item.sentence, item.gender) for item in found] == [
        ("1358", "happiness", "okul", None), ("1157", "sadness", "acik", None),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["Angry/1157_hl_acik.wav", "Angry/1157_zz_acik.wav", "Furious/1157_kz_acik.wav"])
def test_turev_db_code_and_folder_must_agree(plant, path: str) -> None:
    with pytest.raises(
        CorpusError, match=r"in folder '\w+', expected kz in Angry, sk in Calm, mt in Happy, hl in Sad"
    ):
        turev_db.read(plant(path))


def test_iesc_knows_speaker_and_emotion_and_says_what_it_does_not_know(plant) -> None:
    (found,) = iesc.read(plant("Indian Emotional Speech Corpora (IESC)/Speaker-2/Fear/any name at all.wav"))
    assert (found.speaker, found.emotion) == ("2", "fear")
    assert (found.language, found.gender, found.sentence) == (None, None, None)
    assert "language, gender, sentence and license are not known" in iesc.CARD.notes
    with pytest.raises(CorpusError, match=r"a path unlike Speaker-2/Neutral/x\.wav"):
        iesc.read(plant("Speaker-3/x.wav"))


def test_baved_reads_speaker_gender_word_and_level(plant) -> None:
    found = baved.read(plant("0/39-f-6-0-2-5.wav", "6/100-F-6-6-1-9.wav", "3/4-m-20-3-0-141.wav"))
    assert [(item.speaker, item.gender, item.sentence, item.arousal) for item in found] == [
        ("39", "f", "0", 1.0), ("4", "m", "3", 0.0), ("100", "f", "6", 0.5),
    ]  # fmt: skip


def test_baved_names_no_emotion_where_its_owners_name_a_level(plant) -> None:
    found = baved.read(plant(*(f"0/1-m-20-0-{level}-{level}.wav" for level in range(3))))
    assert [item.emotion for item in found] == [None, "neutral", None]


def test_baved_speakers_46_and_53_are_one_and_their_copies_are_set_aside(plant) -> None:
    found = baved.read(plant("0/46-m-20-0-1-157.wav", "0/53-m-20-0-1-190.wav", "0/54-m-20-0-1-191.wav"))
    assert [item.speaker for item in found] == ["46", "46", "54"]
    contents = {item.name: "same" if item.speaker == "46" else "other" for item in found}
    kept, dropped = drop_duplicates(found, contents)
    assert [item.name for item in kept] == ["0/46-m-20-0-1-157.wav", "0/54-m-20-0-1-191.wav"]
    assert dropped == [("0/53-m-20-0-1-190.wav", "0/46-m-20-0-1-157.wav")]
    assert "46 and 53" in baved.CARD.notes


@pytest.mark.parametrize("name", ["1-m-20-7-1-1", "1-m-20-0-3-1"])
def test_baved_refuses_words_and_levels_that_there_are_not(plant, name: str) -> None:
    with pytest.raises(CorpusError, match="expected 0-6 and 0-2"):
        baved.read(plant(f"0/{name}.wav"))


def test_esd_tells_languages_by_speaker_and_sentences_by_number(plant) -> None:
    found = esd.read(
        plant("0010/Neutral/0010_000001.wav", "0011/Angry/0011_000351.wav", "0020/Happy/0020_001050.wav")
    )
    assert [(item.speaker, item.language, item.sentence, item.emotion) for item in found] == [
        ("0010", "zh", "zh-001", "neutral"), ("0011", "en", "en-001", "anger"), ("0020", "en", "en-350", "happiness"),
    ]  # fmt: skip
    assert {item.gender for item in found} == {None}


def test_esd_is_read_with_and_without_the_owners_division(plant) -> None:
    names = ("0011/Sad/train/0011_001101.wav", "0011/Sad/evaluation/0011_001051.wav", "0012/Sad/0012_001051.wav")
    found = esd.read(plant(*names))
    assert {item.emotion for item in found} == {"sadness"}
    assert sorted(str(item.sentence) for item in found) == ["en-001", "en-001", "en-051"]


@pytest.mark.parametrize("name", ["0021_000001", "0000_000001", "0001_001751", "0001_000000"])
def test_esd_refuses_speakers_and_numbers_that_there_are_not(plant, name: str) -> None:
    with pytest.raises(CorpusError, match=r"expected 0001-0020 and 000001-001750"):
        esd.read(plant(f"0001/Sad/{name}.wav"))


def test_esd_elsewhere_than_in_the_folder_of_an_emotion_is_unusable(plant) -> None:
    with pytest.raises(CorpusError, match="emotion code 'train', expected Angry, Happy, Neutral, Sad, Surprise"):
        esd.read(plant("0001/train/0001_000001.wav"))
