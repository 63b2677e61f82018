"""The ledger of what checkpoints have heard."""

import re
from pathlib import Path

import pytest

from unheard import registry
from unheard.upstreams.ledger import contamination, entries, entry_of

REFERENCES = Path(__file__).parents[2] / "docs" / "references.bib"


def test_no_checkpoint_stands_twice_and_every_word_has_a_source():
    names = [name.lower() for entry in entries() for name in entry.names]
    assert len(names) == len(set(names))
    keys = set(re.findall(r"@\w+\{(\w+),", REFERENCES.read_text(encoding="utf-8")))
    assert {entry.reference for entry in entries()} <= keys
    assert all(set(entry.labeled) <= set(entry.seen) for entry in entries())


def test_corpora_that_we_read_bear_our_names():
    """'msp_improv' must not be written 'msp-improv' here, or no warning would ever come."""
    ours = registry.names("corpora")
    for entry in entries():
        for corpus in entry.seen:
            assert corpus == corpus.lower()
            assert corpus.replace("-", "_") not in ours or corpus in ours


@pytest.mark.parametrize(
    ("name", "corpus", "expected"),
    [
        ("facebook/wav2vec2-base", "ravdess", []),
        ("facebook/wav2vec2-base", "librispeech", ["CONTAMINATED: .* its voices are not unseen"]),
        ("superb/hubert-large-superb-er", "iemocap", ["CONTAMINATED: .* trained on the emotion labels of iemocap"]),
        ("superb/hubert-large-superb-er", "emodb", []),
        ("openai/whisper-base", "emodb", ["not disclosed .* emodb may be among them"]),
        ("/data/models/whisper-base-encoder", "emodb", ["not disclosed"]),
        ("/data/wav2vec2-base", "emodb", ["not in the ledger .*; its name is that of facebook/wav2vec2-base"]),
        ("someone/wav2vec2-base", "emodb", ["not in the ledger"]),
        ("/data/wav2vec2-base", "librispeech", ["CONTAMINATED"]),
        ("someone/wav2vec2-base", "librispeech", ["CONTAMINATED"]),
        ("someone/whisper-base-encoder", "emodb", ["someone/whisper-base-encoder .* not disclosed"]),
        ("../models/facebook/wav2vec2-base", "librispeech", ["CONTAMINATED"]),
        ("my-own", "emodb", ["my-own is not in the ledger"]),
    ],
)
def test_what_is_said(name, corpus, expected):
    said = contamination(name, corpus)
    assert len(said) == len(expected)
    for text, pattern in zip(said, expected, strict=True):
        assert re.search(pattern, text)


def test_what_a_checkpoint_began_as_accuses_it_and_never_clears_it():
    """A model that was trained on the test corpus still says in its configuration which clean model it began as."""
    said = contamination("/data/x", "iemocap", made_from="superb/wav2vec2-base-superb-er")
    assert said[0].startswith("CONTAMINATED: /data/x (it says that it was made from superb/")
    (said,) = contamination("/data/x", "emodb", made_from="facebook/wav2vec2-base")
    assert "not in the ledger of upstreams; it says that it was made from facebook/wav2vec2-base" in said
    assert contamination("/data/x", "emodb")[0].startswith("/data/x is not in the ledger")
    assert entry_of("") is None
