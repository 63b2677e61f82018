"""What adaptation without gradients is worth on new speakers and languages, and what it costs where it cannot help.

    UNHEARD_CORPORA=PATH UNHEARD_MODELS=PATH python scripts/adaptation_prototype.py [--corpora NAME,NAME]
        [--only "CHAIN;CHAIN"] [--protocols NAME,NAME] [--json FILE]

Four emotions; mean and deviation of states 2 and 3 of Whisper base (the features of the frozen recipes, from their
cache); the shrunken linear discriminant as read-out. Two questions,

- languages: each corpus is the target of the others together, and of the others but URDU,
- speakers: each corpus in five groups of speakers, each the target of the four others,

and four protocols for each,

- transductive: adapted on all recordings of the target's speakers, asked on the same ones,
- inductive: adapted on half of each speaker's recordings, asked on the other half, and the other way round,
- skewed: transductive on a draw in which 70 % of each speaker's recordings have the corpus's commonest class,
- few: as inductive, adapted on five recordings of each speaker, asked on all others.

UAR of the pooled answers. No label of a target is read but to score and to draw the skewed mix.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.adaptation.adapted import Step, adapt
from unheard.adaptation.readout import fit_readout
from unheard.adaptation.source import Source, describe_source
from unheard.data.audio.loading import AudioSettings
from unheard.experiment.corpora import CorpusSettings, read_utterances
from unheard.experiment.preparation import default_cache
from unheard.features.cache import Recipe, extract_corpus, read_entry
from unheard.features.upstream import Settings
from unheard.files import write_atomically
from unheard.metrics.uar import score
from unheard.seeds import named_seed

CLASSES = ("anger", "happiness", "neutral", "sadness")
CORPORA = ("emodb", "ravdess", "ased", "urdu")
GROUPS = 5
SKEW = 0.7
FEW = 5
PROTOCOLS = ("transductive", "inductive", "skewed", "few")
CHAINS: dict[str, Sequence[Step | str]] = {
    "source only": [],
    "corpus_normalization": ["corpus_normalization"],
    "speaker_normalization": ["speaker_normalization"],
    "the same, not prudent": [("speaker_normalization", {"prudent": False, "prior": 0.0})],
    "leace, domain": [("leace", {"erase": "domain"})],
    "leace, speaker": [("leace", {"erase": "speaker"})],
    "class_means": ["class_means"],
    "class_means, together": [("class_means", {"move": "together"})],
    "lame": ["lame"],
    "clusters": ["clusters"],
    "entropy": ["entropy"],
    "speaker_normalization + class_means": ["speaker_normalization", "class_means"],
    "speaker_normalization + lame": ["speaker_normalization", "lame"],
    "speaker_normalization + clusters": ["speaker_normalization", "clusters"],
}


@dataclass(frozen=True)
class Corpus:
    """Embeddings, shape (items, size), class numbers and speakers, shape (items,)."""

    name: str
    embeddings: NDArray[np.float64]
    truth: NDArray[np.int64]
    speakers: NDArray[np.str_]


@dataclass(frozen=True)
class Task:
    """A question: sources, and which items of the target each is asked about."""

    name: str
    target: Corpus
    parts: tuple[tuple[Source, NDArray[np.bool_]], ...]


def read_corpus(name: str) -> Corpus:
    """A corpus's four emotions, through the feature cache."""
    audio = AudioSettings(trim=40.0, level="rms")
    upstream = Settings(family="whisper", source="whisper-base-encoder", states=(2, 3), keep="statistics")
    utterances = [own for own in read_utterances(CorpusSettings(name=name)) if own.emotion in CLASSES]
    cache = default_cache()
    keys = extract_corpus(utterances, Recipe("upstream", upstream, audio), cache).keys
    rows = [read_entry(cache, keys[own.name][0]) for own in utterances]
    truth = np.array([CLASSES.index(str(own.emotion)) for own in utterances])
    speakers = np.array([f"{name} {own.speaker}" for own in utterances])
    return Corpus(name, np.stack([row[0] for row in rows if row is not None]).astype(np.float64), truth, speakers)


def source_of(embeddings: NDArray[np.float64], truth: NDArray[np.int64]) -> Source:
    """Statistics and the read-out that is fitted on them."""
    statistics = describe_source(embeddings, truth, CLASSES)
    return Source(statistics, fit_readout(statistics))


def tasks(corpora: Mapping[str, Corpus]) -> Iterator[Task]:
    """Languages, then speakers."""
    for target in corpora.values():
        everything = np.ones(len(target.truth), dtype=bool)
        others = [own for own in corpora.values() if own is not target]
        for suffix, chosen in (("", others), (" (no URDU)", [own for own in others if own.name != "urdu"])):
            if chosen and (not suffix or ("urdu" in corpora and target.name != "urdu")):
                embeddings = np.concatenate([own.embeddings for own in chosen])
                source = source_of(embeddings, np.concatenate([own.truth for own in chosen]))
                yield Task(f"language {target.name}{suffix}", target, ((source, everything),))
    for target in corpora.values():
        names = np.unique(target.speakers)
        generator = np.random.default_rng(named_seed(0, "groups", target.name))
        group = generator.permutation(len(names)) % GROUPS
        parts = []
        for number in range(GROUPS):
            asked = np.isin(target.speakers, names[group == number])
            parts.append((source_of(target.embeddings[~asked], target.truth[~asked]), asked))
        yield Task(f"speakers {target.name}", target, tuple(parts))


def skewed(corpus: Corpus) -> NDArray[np.bool_]:
    """Items of a draw in which the corpus's commonest class has 70 % of each speaker's, as far as it goes."""
    generator = np.random.default_rng(named_seed(0, "skew", corpus.name))
    most = int(np.bincount(corpus.truth).argmax())
    kept = np.zeros(len(corpus.truth), dtype=bool)
    for speaker in np.unique(corpus.speakers):
        own = generator.permutation(np.flatnonzero(corpus.speakers == speaker))
        common = own[corpus.truth[own] == most]
        rest = own[corpus.truth[own] != most]
        number = round(len(common) * (1 - SKEW) / SKEW)
        kept[common] = True
        kept[rest[:number]] = True
    return kept


def rounds(task: Task, protocol: str) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Which items are adapted on, and which are asked."""
    target = task.target
    everything = np.ones(len(target.truth), dtype=bool)
    if protocol == "transductive":
        yield everything, everything
    elif protocol == "skewed":
        kept = skewed(target)
        yield kept, kept
    else:
        generator = np.random.default_rng(named_seed(0, protocol, target.name))
        first = np.zeros(len(target.truth), dtype=bool)
        for speaker in np.unique(target.speakers):
            own = generator.permutation(np.flatnonzero(target.speakers == speaker))
            first[own[: FEW if protocol == "few" else len(own) // 2]] = True
        yield first, ~first
        if protocol == "inductive":
            yield ~first, first


def measured(task: Task, chain: Sequence[Step | str], protocol: str) -> float:
    """UAR of the pooled answers."""
    target, answers = task.target, np.full(len(task.target.truth), -1)
    for heard, asked in rounds(task, protocol):
        for source, part in task.parts:
            fit, ask = heard & part, asked & part
            if not fit.any() or not ask.any():
                continue
            adapted = adapt(source, target.embeddings[fit], target.speakers[fit], steps=chain)
            answers[ask] = adapted.probabilities(target.embeddings[ask], target.speakers[ask]).argmax(axis=1)
    known = answers >= 0
    return score(target.truth[known], answers[known], classes=len(CLASSES))


def table(found: Mapping[str, Mapping[str, float]], columns: Sequence[str]) -> str:
    """Methods down, tasks across."""
    lines = ["| method | " + " | ".join(columns) + " | mean |", "| --- " * (len(columns) + 2) + "|"]
    for name, row in found.items():
        values = [row[column] for column in columns]
        lines.append(
            f"| {name} | " + " | ".join(f"{value:.3f}" for value in [*values, float(np.mean(values))]) + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print a table a protocol, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", default=",".join(CORPORA))
    parser.add_argument("--only", default="", help="chains by name, separated by semicolons")
    parser.add_argument("--protocols", default=",".join(PROTOCOLS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    corpora = {name: read_corpus(name) for name in options.corpora.split(",")}
    chosen = {name: chain for name, chain in CHAINS.items() if not options.only or name in options.only.split(";")}
    everything = list(tasks(corpora))
    kept: dict[str, Any] = {}
    for protocol in options.protocols.split(","):
        begun = time.perf_counter()
        found = {
            name: {task.name: measured(task, chain, protocol) for task in everything}
            for name, chain in chosen.items()
        }
        kept[protocol] = found
        print(f"\n{protocol} ({time.perf_counter() - begun:.0f} s)\n")
        print(table(found, [task.name for task in everything]), flush=True)
    if options.json:
        write_atomically(json.dumps(kept, indent=1) + "\n", options.json)


if __name__ == "__main__":
    main()
