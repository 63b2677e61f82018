"""A user's CSV: what is given is read, what is empty is None, what is wrong is named with its line."""

import tomllib

import pytest

from unheard.corpora import table
from unheard.errors import CorpusError, LabelError


def write(folder, text: str, *files: str, encoding: str = "utf-8"):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    path = folder / "mine.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_every_column_is_read(tmp_path) -> None:
    text = (
        "file,start,end,speaker,gender,language,emotion,arousal,valence,dominance,transcript,sentence,session,"
        "dialogue,turn\n"
        'a/1.wav,0.5,2,anna,female,de,Freude,0.1,0.2,0.3,"so, ja",s1,1,d1,4\n'
    )
    (found,) = table.read(write(tmp_path, text, "a/1.wav"))
    assert found.file == tmp_path / "a/1.wav"
    assert (found.name, found.corpus, found.start, found.end) == ("a/1.wav", "table", 0.5, 2.0)
    assert (found.speaker, found.gender, found.language, found.emotion) == ("anna", "f", "de", "happiness")
    assert (found.arousal, found.valence, found.dominance) == (0.1, 0.2, 0.3)
    assert (found.transcript, found.sentence, found.session, found.dialogue) == ("so, ja", "s1", "1", "d1")
    assert found.turn == 4


def test_empty_cells_and_absent_columns_are_none(tmp_path) -> None:
    (found,) = table.read(write(tmp_path, "file,speaker,arousal,emotion\n1.wav, ,,\n\n", "1.wav"))
    assert (found.speaker, found.arousal, found.emotion, found.gender) == (None, None, None, None)
    assert (found.start, found.end) == (0.0, None)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separator_and_byte_order_mark_are_found(tmp_path, separator: str, encoding: str) -> None:
    text = f"File{separator}Speaker{separator}comment\n1.wav{separator}Jürgen{separator}loud\n"
    (found,) = table.read(write(tmp_path, text, "1.wav", encoding=encoding))
    assert found.speaker == "Jürgen"


def test_a_single_column_is_enough(tmp_path) -> None:
    assert [item.name for item in table.read(write(tmp_path, "file\nb.wav\na.wav\n", "a.wav", "b.wav"))] == [
        "a.wav", "b.wav",
    ]  # fmt: skip


def test_segments_of_one_file_have_names_of_their_own(tmp_path) -> None:
    found = table.read(write(tmp_path, "file,start,end\n1.wav,10,12\n1.wav,2,4\n1.wav,12,\n", "1.wav"))
    assert [item.name for item in found] == ["1.wav#10.000-12.000", "1.wav#12.000-", "1.wav#2.000-4.000"]


def test_a_misspelled_column_is_an_error_and_an_own_one_is_not(tmp_path) -> None:
    with pytest.raises(CorpusError, match="line 1: column 'speakr' is not known, but looks like 'speaker'"):
        table.read(write(tmp_path, "file,speakr\n1.wav,anna\n", "1.wav"))
    assert table.read(write(tmp_path, "file,speaker,speaker_id,notes\n1.wav,anna,7,x\n"))[0].speaker == "anna"


def test_missing_files_are_counted_and_the_first_are_named(tmp_path) -> None:
    rows = "".join(f"{number}.wav\n" for number in range(6))
    with pytest.raises(CorpusError, match=r"5 files have no recording at its path .*: 1.wav, 2.wav, 3.wav, \.\.\."):
        table.read(write(tmp_path, f"file\n{rows}", "0.wav"))


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("arousal", "1.5", "from 0 to 1"),
        ("valence", "0,5", "a number"),
        ("dominance", "nan", "a number"),
        ("start", "-1", "0 or more"),
        ("start", "two", "a number"),
        ("turn", "1.5", "a whole number"),
        ("gender", "x", "f, m or o"),
    ],
)
def test_a_bad_cell_names_table_line_and_what_was_expected(tmp_path, column: str, cell: str, says: str) -> None:
    path = write(tmp_path, f"file;{column};notes\n1.wav;;x\n2.wav;{cell};x\n", "1.wav", "2.wav")
    with pytest.raises(CorpusError, match=f"mine.csv: .*{column} '{cell}' in line 3, expected .*{says}.*2.wav"):
        table.read(path)


def test_end_before_start_and_twice_the_same_row(tmp_path) -> None:
    with pytest.raises(CorpusError, match=r"end 1.0 in line 2, expected more than its start 2.0"):
        table.read(write(tmp_path, "file,start,end\n1.wav,2,1\n", "1.wav"))
    with pytest.raises(CorpusError, match=r"in lines 2 and 3: 1.wav"):
        table.read(write(tmp_path, "file,emotion\n1.wav,happy\n1.wav,sad\n", "1.wav"))


def test_bad_rows_are_set_aside(tmp_path) -> None:
    bad: list[tuple[str, str]] = []
    text = "file,emotion\n1.wav,happy\n2.wav,furious joy\ngone.wav,sad\nnotes.txt,sad\n,sad\n"
    found = table.read(write(tmp_path, text, "1.wav", "2.wav", "notes.txt"), bad=bad)
    assert [item.name for item in found] == ["1.wav"]
    assert [name for name, _ in bad] == ["2.wav", "gone.wav", "notes.txt", "line 6"]


def test_an_unknown_label_lists_the_known_ones_and_takes_a_mapping(tmp_path) -> None:
    path = write(tmp_path, "file,emotion\n1.wav,stressed\n2.wav,sad\n", "1.wav", "2.wav")
    with pytest.raises(LabelError, match=r"line 2: the emotion label 'stressed' is not known.*neutral, calm"):
        table.read(path)
    assert [item.emotion for item in table.read(path, labels={"stressed": "stress"})] == ["stress", "sadness"]


def test_all_unknown_labels_are_named_at_once_with_what_to_write(tmp_path) -> None:
    text = "file,emotion\n1.wav,Stressed\n2.wav,at ease\n3.wav,stressed \n4.wav,sad\n"
    path = write(tmp_path, text, *(f"{number}.wav" for number in range(1, 5)))
    with pytest.raises(LabelError) as caught:
        table.read(path)
    said = str(caught.value)
    assert "line 2: the emotion label 'Stressed' is not known (2 rows); line 3: the emotion label 'at ease'" in said
    assert 'labels = { "Stressed" = "Stressed", "at ease" = "at ease" }' in said
    assert "--label Stressed=Stressed --label 'at ease=at ease'" in said
    written = tomllib.loads(said[said.index("labels = {") : said.index(" };") + 2])["labels"]
    assert [item.emotion for item in table.read(path, labels=written)] == [
        "Stressed",
        "at ease",
        "Stressed",
        "sadness",
    ]


def test_only_unknown_labels_are_no_unusable_recordings(tmp_path) -> None:
    path = write(tmp_path, "file,emotion\n1.wav,stressed\n", "1.wav")
    with pytest.raises(LabelError, match="line 2: the emotion label 'stressed'"):
        table.read(path, bad=[])


def test_a_missing_label_is_none_and_the_word_none_is_asked_about(tmp_path) -> None:
    path = write(tmp_path, "file,emotion\n1.wav,NaN\n2.wav,<NA>\n3.wav,None\n", "1.wav", "2.wav", "3.wav")
    assert [item.emotion for item in table.read(path)] == [None] * 3
    path = write(tmp_path, "file,emotion\n1.wav,none\n", "1.wav")
    with pytest.raises(LabelError, match="the emotion label 'none' is not known"):
        table.read(path)
    assert [item.emotion for item in table.read(path, labels={"NONE": "neutral"})] == ["neutral"]


def test_a_table_that_is_none(tmp_path) -> None:
    with pytest.raises(CorpusError, match="no column 'file', only: path"):
        table.read(write(tmp_path, "path\n1.wav\n"))
    with pytest.raises(CorpusError, match="lists no usable recording"):
        table.read(write(tmp_path, "file\n"))
    with pytest.raises(CorpusError, match="only: none"):
        table.read(write(tmp_path, ""))
    with pytest.raises(CorpusError, match="not UTF-8"):
        table.read(write(tmp_path, "file\nJürgen.wav\n", encoding="latin-1"))
    with pytest.raises(CorpusError, match="line 2: the row has 3 cells, the header 2"):
        table.read(write(tmp_path, "file,transcript\n1.wav,so, ja\n"))
    with pytest.raises(CorpusError, match="column 'speaker' stands there twice"):
        table.read(write(tmp_path, "file,speaker,Speaker\n"))
