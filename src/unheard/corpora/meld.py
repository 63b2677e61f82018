"""MELD: dialogues of a television series, seven emotions, many speakers in one scene.

A path such as `train_splits/dia12_utt3.wav` is part, dialogue and turn; the owners number dialogues anew in each
part. Speaker, emotion, words, season and episode stand in one table a part (`train_sent_emo.csv`). The owners give
video (mp4), whose sound must be saved as recordings of the same names. They count 9989, 1109 and 2610 turns.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.corpora._owners_files import OwnersTable, owners_file
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="meld",
    title="Multimodal EmotionLines Dataset (MELD), audio",
    license="GPL 3.0 (owners' repository); the series has owners of its own",
    citation="S. Poria, D. Hazarika, N. Majumder, G. Naik, E. Cambria, R. Mihalcea: MELD: A Multimodal Multi-Party "
    "Dataset for Emotion Recognition in Conversations. ACL 2019, pp. 527-536.",
    languages=("en",),
    obtain="Download http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz, unpack what it holds, save the "
    "sound of each clip beside it under its name (ffmpeg -i dia0_utt0.mp4 dia0_utt0.wav), and name the folder, "
    "which holds train_splits, dev_splits_complete, output_repeated_splits_test and the tables of "
    "https://github.com/declare-lab/MELD (data/MELD/*_sent_emo.csv).",
    sessions_matter=True,
    speech="acted, television series",
    notes="Six speakers are in nearly every episode, so that few speakers can be kept apart by session, too: expect "
    "to set split.sessions = 'ignore', which every output then says. The owners' own parts share speakers and "
    "episodes: a figure on them is no figure on unseen voices. Clips called final_videos_test... in the owners' "
    "test folder are named nowhere and are left out. Speakers are as the table names them: 'Nurse' of two episodes "
    "may be two people. Turns that several speak ('All', 'Joey and Ross') are left out, as no speaker can be kept "
    "apart. Gender is not known.",
)

_NAME = re.compile(r"dia(?P<dialogue>\d+)_utt(?P<turn>\d+)")
_PARTS = {"train_splits": "train", "dev_splits_complete": "dev", "output_repeated_splits_test": "test"}
_COLUMNS = ("utterance", "speaker", "emotion", "season", "episode")
_SEVERAL = re.compile(r"\b(all|both|everyone|everybody|and)\b|[&,/]", re.IGNORECASE)
_UNNAMED = "final_videos_test"


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The turns of MELD, sorted by name; gender and sentence are None.

    `session` is season and episode, `dialogue` part and number, `turn` the owners' number in the dialogue.

    Args:
        folder: the corpus as its owners pack it, with sound instead of video; any audio ending. A part that is not
            there needs no table.
        bad: where to set files aside that do not follow the naming or the table, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, a table is missing, or a file does not follow the naming.

    Reference: Poria et al. 2019, and the owners' README on the columns of the tables.
    """
    tables: dict[str, OwnersTable] = {}

    def parse(name: str, file: Path) -> Utterance | None:
        if file.stem.lower().startswith(_UNNAMED):
            return None
        part = _PARTS.get(file.parent.name.lower())
        if part is None:
            raise Unusable(f"folder '{file.parent.name}', expected {', '.join(_PARTS)}")
        if part not in tables:
            table = owners_file(folder, (f"{part}_sent_emo.csv",), CARD)
            tables[part] = OwnersTable(table, ("dialogue_id", "utterance_id"), _COLUMNS, CARD)
        return _utterance(name, file, part, tables[part])

    return collect(folder, CARD, parse, bad, named_by=2)


def _utterance(name: str, file: Path, part: str, table: OwnersTable) -> Utterance | None:
    match = _NAME.fullmatch(file.stem.lower())
    if match is None:
        raise Unusable("a name unlike dia12_utt3 (dialogue and turn)")
    cells = table.of(match["dialogue"], match["turn"])
    if _SEVERAL.search(cells["speaker"]):
        return None
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=cells["speaker"],
        language="en",
        emotion=emotion_of(cells["emotion"], CARD.name),
        transcript=cells["utterance"] or None,
        session=f"season {cells['season']}, episode {cells['episode']}",
        dialogue=f"{part}-{match['dialogue']}",
        turn=int(match["turn"]),
    )
