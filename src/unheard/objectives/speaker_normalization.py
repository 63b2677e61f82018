"""Speaker normalization: the aggregate of an upstream is trained to hide who speaks, adversary and encoder in turn.

    phi   <- phi   - eta_a dL_spk / dphi                                  k times, the encoder standing still
    theta <- theta - eta (dL_emo / dtheta - lambda(p) dL_spk / dtheta)    once, the adversary standing still

It differs from DAT in who moves when: there both sides move in one step, here the adversary has an optimizer and a
rate of its own and always answers the encoder's last move. One that has settled may be replaced by a fresh one every
n steps: the encoder then has to hide the speaker from whoever comes, not from one network's habits.

Reference: gat2022speaker (section 2, gradient reversal on a fine-tuned upstream). Alternation, inner steps, renewal
and all defaults are ours; the defaults are what took the speaker out of frozen states
(docs/adr/0006-upstreams.md).
"""

from pydantic import Field

from unheard.objectives import dat
from unheard.objectives.objective import Phase

__all__ = ["Objective", "Settings"]


class Settings(dat.Settings):
    """Weight, schedule and strength of the adversary."""

    weight: float = Field(-0.03, ge=-100, le=100)
    """Signed: -w is an adversary with lambda_max = w, 0 a head that watches, +w a cooperative task."""
    inner_steps: int = Field(3, ge=1, le=20)
    """Steps of the adversary a batch, before the one of the rest."""
    adversary_rate: float = Field(5.0, gt=0, le=1000)
    """How much faster the adversary learns than the emotion head; stands in the place of training.domain_rate."""
    adversary_batch: int = Field(128, ge=0, le=4096)
    """Utterances that each step of the adversary's own draws afresh from the training part; 0 shows it the batch that
    the encoder is about to learn from, again and again, which is far cheaper where an upstream is trained."""
    adversary_steady: bool = True
    """Whether the adversary's rate stays at its peak to the end, or falls with the encoder's."""
    renew: int = Field(0, ge=0)
    """Steps after which the adversary is replaced by a fresh one, again and again; 0 keeps it."""


class Objective(dat.Objective):
    """The loss of the targets and a signed domain loss on one embedding, the two sides in turn."""

    settings: Settings

    def adversary(self, head: tuple[str]) -> Phase:
        """The adversary's own steps, at its own rate and on its own items."""
        return Phase(
            "adversary",
            steps=head,
            times=self.settings.inner_steps,
            rate=self.settings.adversary_rate,
            steady=self.settings.adversary_steady,
            fresh=self.settings.adversary_batch,
            renewal=self.settings.renew,
        )
