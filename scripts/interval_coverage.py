"""How often do intervals over speakers hold the truth, and how often does the paired test cry wolf?

    python scripts/interval_coverage.py [--populations 1000]

Draws corpora from populations of speakers with a known UAR: each speaker, and each speaker's classes, are
easier or harder than the mean (normal on the logit scale). The shapes are those of corpora: RAVDESS (8
balanced classes), EMO-DB (4 uneven), ASED (5, high UAR), one in seven speakers far worse than the others, and
URDU (each speaker shows one or two classes). Prints the coverage of 95 % intervals, which the docstring of
`unheard.evaluation.significance.interval` quotes. Under a minute on one core.
"""

import argparse
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.evaluation.significance import interval, paired_difference
from unheard.metrics.uar import uar_of_each

SPEAKERS = (10, 24, 65)
RESAMPLES = 300


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

    def recalls(self, speakers: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Each speaker's chance that a clip of a class is recognised, shape (speakers, classes)."""
        ease = self.ease + np.linspace(-0.5, 0.5, self.classes)
        ease = ease + generator.normal(0, self.speaker_deviation, (speakers, 1))
        ease = ease + generator.normal(0, self.class_deviation, (speakers, self.classes))
        ease = ease - 2.0 * (generator.random((speakers, 1)) < self.poor_share)
        return 1.0 / (1.0 + np.exp(-ease))

    def items(self, speakers: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Clips of each speaker and class, shape (speakers, classes)."""
        if self.confounded:
            share = generator.dirichlet(np.full(self.classes, 0.15), speakers)
            return generator.multinomial(self.clips * self.classes, share)
        if self.uneven:
            return generator.poisson(self.clips * np.linspace(0.5, 1.5, self.classes), (speakers, self.classes))
        return np.full((speakers, self.classes), self.clips)


POPULATIONS = (
    Population("ravdess", 8, 7, 0.0, 0.5, 0.5),
    Population("emodb", 4, 8, 1.8, 0.5, 0.7, uneven=True),
    Population("ased", 5, 8, 2.4, 0.7, 0.7),
    Population("some poor", 4, 8, 2.0, 0.4, 0.4, poor_share=0.15),
    Population("urdu", 4, 4, 0.4, 0.6, 0.6, confounded=True),
)


def confusions(hits: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shape (1, speakers, classes, classes): every error goes to the next class."""
    right = np.eye(items.shape[1], dtype=np.int64)
    return (hits[..., None] * right + (items - hits)[..., None] * np.roll(right, 1, axis=1))[None]


def percentile(counts: NDArray[np.int64], generator: np.random.Generator) -> tuple[float, float]:
    """The plain bootstrap over speakers, for comparison."""
    speakers = counts.shape[1]
    weights = generator.multinomial(speakers, np.full(speakers, 1 / speakers), RESAMPLES)
    low, high = np.quantile(uar_of_each(np.tensordot(weights, counts[0], axes=1)), [0.025, 0.975])
    return float(low), float(high)


def measure(population: Population, speakers: int, draws: int) -> Counter[str]:
    """How many of `draws` corpora had the truth in their interval, and raised no false alarm."""
    generator = np.random.default_rng(speakers)
    truth = float(population.recalls(200_000, generator).mean())
    found: Counter[str] = Counter()
    for draw in range(draws):
        items, recalls = population.items(speakers, generator), population.recalls(speakers, generator)
        counts = confusions(generator.binomial(items, recalls), items)
        for method, (low, high) in (
            ("jackknife", interval(counts)),
            ("bootstrap", percentile(counts, generator)),
        ):
            found[method] += low <= truth <= high
        # A second system that is as good, but with other speakers: half of each speaker's ease is shared.
        other = (recalls + population.recalls(speakers, generator)) / 2
        mate = (recalls + population.recalls(speakers, generator)) / 2
        pair = [confusions(generator.binomial(items, each), items) for each in (other, mate)]
        result = paired_difference(pair[0], pair[1], seed=draw)
        found["paired"] += result.low <= 0 <= result.high
        found["swap test"] += result.p_value >= 0.05
        found["not shown"] += not result.shown
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--populations", type=int, default=1000, help="corpora drawn for each line")
    draws = parser.parse_args().populations
    columns = ("jackknife", "bootstrap", "paired", "swap test", "not shown")
    print(f"{'':12}speakers  " + "".join(f"{column:>11}" for column in columns))
    for population in POPULATIONS:
        for speakers in SPEAKERS:
            found = measure(population, speakers, draws)
            shares = "".join(f"{found[column] / draws:11.3f}" for column in columns)
            print(f"{population.name:12}{speakers:8}  {shares}", flush=True)


if __name__ == "__main__":
    main()
