"""What readers by file name have in common: every code of the label map, any case, unknown codes, --skip-bad."""

from collections.abc import Callable

import pytest

from unheard import registry
from unheard.data.labels import canonical, known
from unheard.errors import CorpusError

_TUREV = {"Angry": "kz", "Calm": "sk", "Happy": "mt", "Sad": "hl"}
NAMES: dict[str, Callable[[str], str]] = {
    "esd": lambda code: f"0011/{code}/0011_000001.wav",
    "emovo": lambda code: f"f1/{code}-f1-b1.wav",
    "savee": lambda code: f"DC/{code}01.wav",
    "tess": lambda code: f"OAF_{code}/OAF_back_{code}.wav",
    "shemo": lambda code: f"female/F03{code}02.wav",
    "turev_db": lambda code: f"{code}/1157_{_TUREV.get(code, 'xx')}_okul.wav",
    "iesc": lambda code: f"Speaker-1/{code}/1.wav",
    "cafe": lambda code: f"01-{code}-1-1.wav",
    "aesdd": lambda code: f"{code}/{code}01 (1).wav",
    "subesco": lambda code: f"F_01_OISHI_S_1_{code}_1.wav",
}
"""Corpus -> the path of a recording with an emotion code, as the owners name it."""

FOREIGN = {
    "emovo": "xyz", "savee": "zz", "tess": "smug", "shemo": "Z", "iesc": "Smug", "cafe": "Z", "aesdd": "z",
    "subesco": "SMUG",
}  # fmt: skip


def path_of(corpus: str, code: str, place: int = 1) -> str:
    """The path of a recording; ESD numbers its recordings through, so that its code says nothing in the name."""
    return f"0011/{code}/0011_{place:06d}.wav" if corpus == "esd" else NAMES[corpus](code)


@pytest.mark.parametrize("corpus", NAMES)
def test_every_code_of_the_label_map_is_read(corpus: str, plant) -> None:
    codes = list(known(corpus))
    folder = plant(*(path_of(corpus, code, place) for place, code in enumerate(codes, start=1)))
    found = registry.load("corpora", corpus).read(folder)
    assert len(found) == len(codes)
    assert sorted(str(item.emotion) for item in found) == sorted(canonical(code, corpus=corpus) for code in codes)
    assert {item.corpus for item in found} == {corpus}
    assert [item.name for item in found] == sorted(item.name for item in found)


@pytest.mark.parametrize("corpus", NAMES)
@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_names_are_read_in_any_case(corpus: str, change, plant) -> None:
    path = path_of(corpus, next(iter(known(corpus))))
    (plain,) = registry.load("corpora", corpus).read(plant(path))
    plain.file.unlink()
    (found,) = registry.load("corpora", corpus).read(plant(change(path)))
    same = {"speaker", "gender", "language", "emotion", "sentence", "arousal"}
    assert {key: getattr(found, key) for key in same} == {key: getattr(plain, key) for key in same}


@pytest.mark.parametrize("corpus", FOREIGN)
def test_an_unknown_emotion_is_named_with_the_file_and_what_was_expected(corpus: str, plant) -> None:
    code, good = FOREIGN[corpus], next(iter(known(corpus)))
    folder = plant(NAMES[corpus](code), NAMES[corpus](good))
    with pytest.raises(CorpusError) as caught:
        registry.load("corpora", corpus).read(folder)
    text = str(caught.value)
    assert text.lower().startswith(f"{corpus}: 1 file has emotion code '{code.lower()}', expected ")
    assert NAMES[corpus](code) in text
    assert text.endswith("Remove it, or pass --skip-bad.")


@pytest.mark.parametrize("corpus", NAMES)
def test_foreign_files_are_set_aside_and_nothing_else_is_lost(corpus: str, plant) -> None:
    good = path_of(corpus, next(iter(known(corpus))))
    bad: list[tuple[str, str]] = []
    found = registry.load("corpora", corpus).read(plant(good, "somewhere/holiday 2.mp3"), bad=bad)
    assert [item.name for item in found] == [good]
    ((name, problem),) = bad
    assert name == "somewhere/holiday 2.mp3"
    assert "unlike" in problem
    found[0].file.unlink()
    with pytest.raises(CorpusError, match="no usable recording"):
        registry.load("corpora", corpus).read(found[0].file.parents[good.count("/")], bad=[])


@pytest.mark.parametrize("corpus", ["emovo", "tess", "shemo", "turev_db", "esd", "cafe", "aesdd", "subesco"])
def test_a_copy_in_another_format_is_no_second_utterance(corpus: str, plant) -> None:
    one = path_of(corpus, next(iter(known(corpus))))
    other = f"copy/{one.replace('.wav', '.flac')}"
    with pytest.raises(CorpusError, match="1 file has the same name as"):
        registry.load("corpora", corpus).read(plant(one, other))


@pytest.mark.parametrize(("corpus", "names"), [("savee", ("DC/a01", "KL/a01")), ("iesc", ("1", "2"))])
def test_one_file_name_in_the_folders_of_two_speakers_is_two_utterances(corpus: str, names, plant) -> None:
    paths = [f"{name}.wav" for name in names] if corpus == "savee" else [f"Speaker-{n}/Sad/a.wav" for n in names]
    module = registry.load("corpora", corpus)
    found = module.read(plant(*paths))
    assert len({item.speaker for item in found}) == len(found) == 2
    copy = paths[0].replace(".wav", ".flac")
    with pytest.raises(CorpusError, match="the same name as"):
        module.read(plant(copy))
