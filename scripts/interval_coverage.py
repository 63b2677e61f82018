"""How often do intervals over speakers hold the truth, where those over clips do not?

    python scripts/interval_coverage.py [--corpora 2000] [--out docs/interval-coverage.md]

Draws corpora from populations of speakers with a known UAR: each speaker, and each speaker's classes, are easier or
harder than the mean (normal on the logit scale). The shapes are those of corpora; see POPULATIONS. Then pairs of
systems that are equally good, to see how often a comparison cries wolf. Writes docs/interval-coverage.md,
in about three minutes on one core.
"""

import argparse
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unheard.statistics.significance import bootstrap_interval, components_of, interval, paired_difference

SPEAKERS = (10, 24, 65)
SEEDS = (1, 3, 5)
RESAMPLES = 500
COMMAND = "python scripts/interval_coverage.py"


@dataclass(frozen=True)
class Population:
    """Speakers of one kind: logit of the mean recall, deviations of speakers and of their classes."""

    name: str
    classes: int
    clips: int
    ease: float
    speaker_deviation: float
    class_deviation: float
    uneven: bool = False
    confounded: bool = False
    poor_share: float = 0.0
    said: str = ""

    def logits(self, speakers: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """How easy each class of each speaker is, shape (speakers, classes)."""
        ease = self.ease + np.linspace(-0.5, 0.5, self.classes)
        ease = ease + generator.normal(0, self.speaker_deviation, (speakers, 1))
        ease = ease + generator.normal(0, self.class_deviation, (speakers, self.classes))
        return ease - 2.0 * (generator.random((speakers, 1)) < self.poor_share)

    def recalls(self, speakers: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Each speaker's chance that a clip of a class is recognized, shape (speakers, classes)."""
        return chance(self.logits(speakers, generator))

    def items(self, speakers: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Clips of each speaker and class, shape (speakers, classes)."""
        if self.confounded:
            share = generator.dirichlet(np.full(self.classes, 0.15), speakers)
            return generator.multinomial(self.clips * self.classes, share)
        if self.uneven:
            return generator.poisson(self.clips * np.linspace(0.5, 1.5, self.classes), (speakers, self.classes))
        return np.full((speakers, self.classes), self.clips)


POPULATIONS = (
    Population("as RAVDESS", 8, 7, 0.0, 0.5, 0.5, said="8 balanced classes of 7 clips, UAR about .50"),
    Population(
        "as EMO-DB", 4, 8, 1.8, 0.5, 0.7, uneven=True, said="4 uneven classes of 4 to 12 clips, UAR about .83"
    ),
    Population("as ASED", 5, 8, 2.4, 0.7, 0.7, said="5 classes of 8 clips, UAR about .88"),
    Population("some poor", 4, 8, 2.0, 0.4, 0.4, poor_share=0.15, said="one speaker in seven is 2 logits worse"),
    Population("as URDU", 4, 4, 0.4, 0.6, 0.6, confounded=True, said="each speaker shows one or two of 4 classes"),
)
BEYOND = (
    Population("few poor", 5, 10, 2.4, 0.3, 0.3, poor_share=0.1, said="one in ten is 2 logits worse, the rest alike"),
)


def chance(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-logits))


def confusions(hits: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shape (..., speakers, classes, classes): every error goes to the next class."""
    right = np.eye(items.shape[-1], dtype=np.int64)
    return hits[..., None] * right + (items - hits)[..., None] * np.roll(right, 1, axis=1)


def over_clips(
    hits: NDArray[np.int64], items: NDArray[np.int64], generator: np.random.Generator
) -> tuple[float, float]:
    """The bootstrap over clips, drawn within each class: what an evaluation that forgets the speakers gives."""
    number = items.sum(axis=0)
    number, right = number[number > 0], hits.sum(axis=0)[number > 0]
    drawn = generator.binomial(number, right / number, (RESAMPLES, number.size)) / number
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def single(population: Population, speakers: int, draws: int) -> Counter[str]:
    """In how many of `draws` corpora each kind of interval held the truth; and the sums of their widths."""
    generator = np.random.default_rng(speakers)
    truth = float(population.recalls(200_000, generator).mean())
    found: Counter[str] = Counter()
    for draw in range(draws):
        items, recalls = population.items(speakers, generator), population.recalls(speakers, generator)
        hits = generator.binomial(items, recalls)
        for kind, (low, high) in (
            ("speakers", interval(confusions(hits, items)[None])),
            ("bootstrap", bootstrap_interval(hits, items, seed=draw, resamples=RESAMPLES)),
            ("clips", over_clips(hits, items, generator)),
        ):
            found[kind] += low <= truth <= high
            found[f"width {kind}"] += high - low
    return found


def trained(
    logits: NDArray[np.float64], seeds: int, luck: float, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Recalls of several trainings, shape (seeds, speakers, classes): lucky as a whole, and with each speaker."""
    whole = generator.normal(0, luck, (seeds, 1, 1))
    own = generator.normal(0, 0.3, (seeds, len(logits), 1))
    return chance(logits + whole + own)


def paired(population: Population, speakers: int, seeds: int, luck: float, draws: int) -> Counter[str]:
    """Two methods that are equally good on the whole population, each with speakers that suit it better."""
    generator = np.random.default_rng(1000 * speakers + seeds)
    found: Counter[str] = Counter()
    for draw in range(draws):
        items, logits = population.items(speakers, generator), population.logits(speakers, generator)
        pair = []
        for _ in range(2):
            suited = logits + generator.normal(0, 0.4, (speakers, 1))
            pair.append(confusions(generator.binomial(items, trained(suited, seeds, luck, generator)), items))
        result = paired_difference(pair[0], pair[1], seed=draw)
        components = components_of(pair[0], pair[1])
        voices = np.sqrt((components.speaker + np.nan_to_num(components.both) / seeds) / speakers)
        found["over speakers"] += abs(result.difference) <= stats.t.ppf(0.975, speakers - 1) * voices
        found["over both"] += result.low <= 0 <= result.high
        found["swap test"] += result.p_value < 0.05
        found["shown"] += result.shown
    return found


def share(count: float, draws: int) -> str:
    """A share in per cent."""
    return f"{100 * count / draws:.1f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the columns of numbers stand right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def coverage_rows(populations: tuple[Population, ...], draws: int) -> list[list[str]]:
    """A row a population and number of speakers."""
    rows = []
    for population in populations:
        for speakers in SPEAKERS:
            found = single(population, speakers, draws)
            kinds = ("speakers", "bootstrap", "clips")
            widths = [share(found[f"width {kind}"], draws) for kind in ("speakers", "clips")]
            rows.append([population.name, str(speakers), *(share(found[kind], draws) for kind in kinds), *widths])
    return rows


def paired_rows(draws: int) -> list[list[str]]:
    """A row a luck of the training and numbers of speakers and seeds."""
    rows = []
    for luck, said in ((0.0, "none"), (0.15, "0.15")):
        for speakers in SPEAKERS:
            for seeds in SEEDS:
                found = paired(POPULATIONS[0], speakers, seeds, luck, draws)
                kinds = ("over speakers", "over both", "swap test", "shown")
                rows.append([said, str(speakers), str(seeds), *(share(found[kind], draws) for kind in kinds)])
    return rows


def prose(text: str) -> str:
    """A paragraph, set to the width of the other pages."""
    return textwrap.fill(" ".join(text.split()), 118) + "\n"


def page(draws: int) -> Iterator[str]:
    """docs/interval-coverage.md, paragraph by paragraph."""
    error = 100 * np.sqrt(0.95 * 0.05 / draws)
    yield "# How often the intervals hold the truth\n"
    yield prose(
        f"""Written by `{COMMAND}`; do not edit by hand. {draws} made-up corpora a line, so a share near 95 has a
        standard error of {error:.1f}. Each corpus is drawn from a population of speakers whose UAR is known:
        each speaker, and each speaker's classes, are easier or harder than the mean."""
    )
    yield "\n".join(f"- **{one.name}**: {one.said}" for one in (*POPULATIONS, *BEYOND)) + "\n"
    yield "## One system: 95 % intervals of UAR\n"
    yield prose(
        """Coverage in per cent, and mean width in points. *Speakers* is what `unheard` prints (jackknife-t over
        speakers on the logit scale), *bootstrap* the percentile bootstrap over speakers, *clips* the percentile
        bootstrap over clips, which takes the clips of one speaker for independent."""
    )
    head = ["population", "speakers", "**speakers**", "bootstrap", "clips", "width, speakers", "width, clips"]
    yield table(head, coverage_rows(POPULATIONS, draws))
    yield "### Beyond its reach\n"
    yield prose(
        """Where nearly all speakers are alike and one in ten is far worse, every third group of ten has no such
        speaker: nothing in the data then tells of them, and no interval over so few speakers holds the truth as
        often as it says."""
    )
    yield table(head, coverage_rows(BEYOND, draws))
    yield "## Two systems that are equally good\n"
    yield prose(
        f"""Corpora {POPULATIONS[0].name}, {draws // 4} a line. Each method suits other speakers (0.4 logits), each
        training treats each speaker a little differently (0.3 logits), and may be lucky as a whole (*luck*: its
        deviation in logits; 0.15 is about 3 points of UAR). Coverage of no difference by the 95 % interval
        *over speakers* alone and by that *over both* speakers and seeds, which `unheard compare` prints; false
        alarms of the swap test alone; and how often the verdict was *shown*, which should be at most 5. With
        one seed luck cannot be told from merit: run several."""
    )
    head = ["luck", "speakers", "seeds", "over speakers", "**over both**", "swap test: alarms", "**shown: alarms**"]
    yield table(head, paired_rows(draws // 4))


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=int, default=2000, help="corpora drawn for each line")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "interval-coverage.md")
    given = parser.parse_args()
    text = "\n".join(page(given.corpora)).rstrip() + "\n"
    given.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
