"""Language-adversarial training: emotions of a labeled source, and a representation that hides the language.

    theta_f <- theta_f - eta (dL_emo / dtheta_f - lambda(p) dL_lang / dtheta_f)

L_emo is over the items that have a label (the source), L_lang over all whose language is known, source and unlabeled
target. No label of the target is needed, and none is read. The domain is the language unless another column is named.

It is DAT with a target, and with two differences where domains come in pools of unlike size. A batch of one domain
teaches the domain's head nothing: all that it could learn there is to answer always the same. And each domain of a
batch weighs alike in the head's loss: the larger pool is no better an answer than the smaller. Whose statistics
normalize whom in batch norm is `model.batch_norm`.

Reference: cai2020unsupervised, whose inner settings could not be read: the two differences, the schedule, the weight
and the modes of batch norm are ours. ganin2016domain for the reversal.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from unheard.members import Member, Recipe
from unheard.models.model import Model
from unheard.objectives import dat
from unheard.objectives._domains import domains_of
from unheard.objectives.losses import cross_entropy
from unheard.records import UNLABELED, Batch
from unheard.settings import Document

__all__ = ["Objective", "Settings", "check"]


class Settings(dat.Settings):
    """Weight, schedule and strength of the adversary."""

    domain: str = "language"
    """The column to hide: 'language', 'corpus' or 'speaker', say."""
    balance: bool = True
    """Whether each domain of a batch weighs alike in the loss of the domain's head, or each item."""


def check(recipe: Recipe, member: Member, document: Document) -> None:
    """Hold that the network's batch norm goes by the domain that is hidden, where it goes by one."""
    norm, own = recipe.model.batch_norm, member.settings.domain
    if norm.mode in {"separate", "dsbn"} and norm.domain != own:
        problem = f"model.batch_norm goes by '{norm.domain}' (came: '{own}'): name the same column in both"
        raise document.blame((*member.at, "domain"), problem)


class Objective(dat.Objective):
    """The loss of the targets and a signed loss of the language, on source and target in one embedding."""

    settings: Settings

    def head_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy, each domain weighing alike; 0 where the batch has one domain alone."""
        if len(domains_of(labels)) < 2:
            return logits.sum() * 0.0
        if not self.settings.balance:
            return cross_entropy(logits, labels)
        counts = torch.bincount(labels[labels != UNLABELED], minlength=logits.shape[1])
        weight = torch.where(counts > 0, 1.0 / counts.clamp(min=1), 0.0).to(logits.dtype)
        return F.cross_entropy(logits, labels, weight=weight, ignore_index=UNLABELED)

    def _domain_loss(
        self, model: Model, embedding: Tensor, batch: Batch, weight: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        several = len(domains_of(batch.columns[self.settings.domain])) > 1
        return super()._domain_loss(model, embedding, batch, weight if several else 0.0)
