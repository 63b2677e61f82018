"""The interface of a method of invariance: what steps in which phase, its own parts, and its losses.

A file of this folder, or of a plug-in, that has `Settings` and `Objective` is a method. The loop owns data,
optimizers, clock and checkpoints; the method owns the losses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator
from torch import Tensor, nn

from unheard.errors import ObjectiveError, nearest
from unheard.models.model import Model, Parts, Sizes
from unheard.records import Batch

__all__ = ["Objective", "ObjectiveSettings", "Phase"]


@dataclass(frozen=True)
class Phase:
    """One kind of optimizer step that is taken with each batch: which parameters move, how fast, and on what.

    Parameters are named by the module they stand in: 'network' (normalizer to embedding), 'heads.emotion',
    'heads.speaker', 'parts.decoder' (one of `Objective.modules`), or anything inside, as 'network.encoder'.

    >>> Phase("adversary", steps=("heads.speaker",), times=3, steady=True).times
    3

    Args:
        name: what `Objective.losses` is told. Each phase has an optimizer of its own.
        steps: modules whose parameters move; by default all there are. Parameters that are frozen stay frozen.
        rests: modules within those whose parameters stand still.
        times: how many such steps are taken in turn, each with a fresh call of `losses`; at least 1.
        rate: how fast, as a factor on `training.learning_rate`; None: 1, and for heads of domains
            `training.domain_rate`. A pretrained upstream takes `training.upstream_rate` of it either way.
        steady: whether the rate stays at its peak, once it has risen, or falls with the rest.
        fresh: how many items each of these steps draws afresh from the training part; 0: it sees the batch itself.
        renewal: after how many batches the modules named in `steps` (heads and parts, no others) are given fresh
            weights, again and again; 0: never.
        domain_parts: names of parts that tell domains apart as heads of domains do: each is clipped by itself, so
            that one that only watches does not change the rest, and moves at the rate of such a head.
        begins: the progress in [0, 1] before which the phase is left out.
        settled: the progress in [0, 1] before which no epoch may be chosen, as the method has hardly begun to act.
    """

    name: str
    steps: tuple[str, ...] = ("network", "heads", "parts")
    rests: tuple[str, ...] = ()
    times: int = 1
    rate: float | None = None
    steady: bool = False
    fresh: int = 0
    renewal: int = 0
    domain_parts: tuple[str, ...] = ()
    begins: float = 0.0
    settled: float = 0.0

    def moving(self, model: Model) -> dict[str, nn.Parameter]:
        """Name -> parameter of all that moves in this phase, in the model's order.

        Raises:
            ObjectiveError: a module is named that the model has not, or nothing moves.
        """
        known = dict(model.named_modules())
        for name in (*self.steps, *self.rests):
            if name not in known or not name:
                near = nearest(name, known)
                hint = f" Did you mean '{near}'?" if near else ""
                raise ObjectiveError(f"phase '{self.name}': the model has no module '{name}'.{hint}")
        found = {
            name: parameter
            for name, parameter in model.named_parameters()
            if parameter.requires_grad and _inside(name, self.steps) and not _inside(name, self.rests)
        }
        if not found:
            raise ObjectiveError(f"phase '{self.name}': nothing in {', '.join(self.steps)} can move")
        return found


def _inside(name: str, modules: Iterable[str]) -> bool:
    return any(name.startswith(f"{module}.") for module in modules)


class ObjectiveSettings(BaseModel):
    """What the settings of every objective have: label smoothing, and auxiliary heads with signed weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    neutral: ClassVar[Mapping[str, Any] | None] = None
    """Settings under which the method is plain training of the network and the targets' heads, bit for bit (its heads
    for domains may still watch); None where there are none such."""

    smoothing: float = Field(0.0, ge=0, lt=1)
    """Label smoothing of the emotion loss."""
    auxiliary: dict[str, float] = Field(default_factory=dict)
    """Further heads on the embedding: domain -> signed weight. -w is an adversary whose gradient is reversed, +w a
    cooperative task, 0 a head that reads a detached embedding and only watches."""
    warmup: float = Field(0.1, ge=0, lt=1)
    """Fraction of training on the task alone, before the weights of domains grow (see `schedules.ramp`)."""

    @field_validator("auxiliary")
    @classmethod
    def _within_bounds(cls, auxiliary: dict[str, float]) -> dict[str, float]:
        for name, weight in auxiliary.items():
            if not -100 <= weight <= 100:
                raise ValueError(f"the weight of '{name}' is {weight:g}, expected -100 to 100")
        return auxiliary

    @property
    def weights(self) -> Mapping[str, float]:
        """Domain -> the signed weight that its head ends with; of every head beside those of the targets."""
        return self.auxiliary

    @property
    def domains(self) -> tuple[str, ...]:
        """Columns that need a head beside those of the targets."""
        return tuple(self.weights)


class Objective(Protocol):
    """A method of invariance, built as `Objective(settings, class_weights)`.

    `class_weights` has, for each target of kind 'classes' whose loss is balanced, the weight of each class, shape
    (classes,).
    """

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What happens with each batch, in order. Together they move every parameter that is not frozen."""
        ...

    def modules(self, sizes: Sizes) -> Parts:
        """The objective's own parts: name -> what builds one; the model holds them as `model.parts[name]`.

        Each is built under a seed of its own name, and from then on treated like the rest of the model: moved to the
        device, stepped in the phases that name it ('parts.<name>'), clipped, averaged and checkpointed. Weights that
        are stored for predicting leave it out.
        """
        ...

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """What to minimize under 'loss', and whatever else is worth logging, detached scalars.

        '<target>_loss' is the loss of each target on the clean batch, and '<domain>_loss' and '<domain>_accuracy' are
        how well each head of a domain does: reports and the contract tests go by these names.

        The phases of one step come in their order and between two steps of the optimizers, so that a phase may go on
        from what an earlier one has computed of the same batch.

        Args:
            phase: the name of one of `phases`.
            model: in training mode, with the parts of `modules`.
            batch: inputs and labels; UNLABELED (or nan, for numbers) where a label is missing.
            progress: fraction of the planned steps, in [0, 1].
        """
        ...
