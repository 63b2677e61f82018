"""Whether probabilities mean what they say: calibration before and after a temperature."""

from unheard.schemas.record import Count, Number, Record, Share, Text
from unheard.schemas.scores import SeedScores

__all__ = ["Calibration", "CalibrationScores", "FoldTemperature", "ReliabilityBin", "RiskCoverage", "RunTemperature"]


class ReliabilityBin(Record):
    """One bin of the top probability."""

    low: Share
    """Its lower end."""
    high: Share
    """Its upper end."""
    count: Count
    """How many predictions fall into it, over all seeds."""
    confidence: Share
    """Their mean top probability; null in an empty bin."""
    accuracy: Share
    """Share of them that is right; null in an empty bin."""


class RiskCoverage(Record):
    """The risk-coverage curve: how many of the surest answers are wrong."""

    coverage: list[Share]
    """Share of the predictions that is answered, the surest first."""
    risk: list[Share]
    """Share of errors among these, mean over seeds."""


class CalibrationScores(Record):
    """All figures of one set of probabilities."""

    ece: SeedScores
    """Expected calibration error, in [0, 1]: bins of equal width of the top probability; mean over predictions of the
    bin's distance between confidence and accuracy."""
    ece_adaptive: SeedScores
    """The same with as many predictions in each bin."""
    ece_classwise: SeedScores
    """Mean over classes of the error of each class's own probability, in [0, 1]."""
    brier: SeedScores
    """Brier score, summed over classes: in [0, 2], lower is better."""
    log_loss: SeedScores
    """Log loss in nats; a probability that was rounded to 0 counts as 5e-7."""
    aurc: SeedScores
    """Area under the risk-coverage curve, in [0, 1]: mean share of errors among the k surest answers, over all k."""
    accuracy_at_80: SeedScores
    """Accuracy, in [0, 1], of the surest 80 % of the answers."""
    reliability: list[ReliabilityBin]
    """The reliability diagram over all seeds; empty in a kept result."""
    risk_coverage: RiskCoverage | None = None
    """The risk-coverage curve; null in a kept result."""


class RunTemperature(Record):
    """The temperature by which `unheard predict` divides the logits of every model of an objective."""

    temperature: float
    """T: above 1 flattens probabilities, softmax(log p / T); 1 unless it is kept."""
    kept: bool
    """Whether it helped dev speakers who were left out."""
    speakers: Count
    """How many dev speakers it was fitted on."""
    fitted: Number
    """T before it was asked whether it helps; null with fewer than two dev speakers."""
    gain: Number
    """How far the log loss of dev speakers left out in turn falls with it, in nats, mean over them; null as above."""
    gain_error: Number
    """Standard error of `gain` over speakers, in nats; T is kept where `gain` is larger. Null as above."""
    sentence: Text
    """All that in plain words."""


class FoldTemperature(Record):
    """The temperature of one fold's figures after scaling, fitted without the speakers whom the fold tests."""

    seed: int
    """Seed of the training."""
    fold: Text
    """Name of the fold."""
    temperature: float
    """T, as in `run_temperature`."""
    kept: bool
    """Whether it helped dev speakers who were left out."""
    speakers: Count
    """How many dev speakers it was fitted on."""


class Calibration(Record):
    """The calibration of one objective's probabilities on test speakers."""

    bins: Count
    """Number of bins of the expected calibration errors."""
    before: CalibrationScores
    """The figures of the probabilities as the model gives them, those of `predictions.csv`."""
    after: CalibrationScores | None
    """The same with `fold_temperatures`; null where no predictions of dev speakers are known."""
    run_temperature: RunTemperature | None = None
    """The temperature for other recordings; null in results that were kept before there was one."""
    fold_temperatures: list[FoldTemperature]
    """One a fold and seed; empty where `after` is null, and in a kept result."""
