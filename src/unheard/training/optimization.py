"""The optimizers of a training, one a phase, and the steps that they take: the only ones in the house."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from unheard.errors import ObjectiveError
from unheard.models.lora import LowRank
from unheard.models.model import Model
from unheard.objectives.objective import Objective, Phase
from unheard.records import Batch
from unheard.seeds import named_seed
from unheard.training.settings import TrainingSettings

__all__ = ["Optimization"]


class Optimization:
    """Takes every phase's steps with a batch.

    Args:
        model: with the parts of the objective; on its device.
        objective: whose phases and losses these are.
        settings: of rates, decay and clipping.
        draw: (how many items, seed) -> that many of the training part, for phases that see fresh ones.
        seed: of fresh items and fresh weights.

    Raises:
        ObjectiveError: two phases share a name, a phase names a module that is not there, or a parameter that can
            learn moves in no phase.
    """

    def __init__(
        self,
        model: Model,
        objective: Objective,
        settings: TrainingSettings,
        draw: Callable[[int, int], Batch],
        seed: int,
    ) -> None:
        self.model, self.objective, self.settings = model, objective, settings
        self._draw, self._seed, self._searched = draw, seed, set[str]()
        self._modules = dict(objective.modules(model.sizes))
        _check_phases(objective.phases)
        if set(self._modules) != set(model.parts):
            has, asked = (", ".join(sorted(parts)) or "none" for parts in (model.parts, self._modules))
            raise ObjectiveError(f"the model has the parts {has}, and the objective asks for {asked}")
        moving = {phase.name: phase.moving(model) for phase in objective.phases}
        _check_all_move(model, moving)
        self._sides = {phase.name: self._sides_of(phase, moving[phase.name]) for phase in objective.phases}
        self.optimizers = {
            phase.name: torch.optim.AdamW(
                self._groups(phase, moving[phase.name]),
                lr=settings.learning_rate,
                weight_decay=settings.weight_decay,
                fused=True,  # one pass over the weights instead of a dozen
            )
            for phase in objective.phases
        }
        for phase in objective.phases:
            if phase.renewal:
                for name in phase.steps:
                    self._fresh(name)

    def _tellers(self, phase: Phase) -> tuple[str, ...]:
        """How the names of parameters begin that tell domains apart: heads, and parts that are like them."""
        heads = [f"heads.{domain}." for domain in self.model.domains]
        return (*heads, *(f"parts.{part}." for part in phase.domain_parts))

    def _sides_of(self, phase: Phase, moving: Mapping[str, nn.Parameter]) -> list[list[nn.Parameter]]:
        """What is clipped together: each domain head by itself, and all the rest."""
        heads = self._tellers(phase)
        sides = [[own for name, own in moving.items() if name.startswith(head)] for head in heads]
        rest = [own for name, own in moving.items() if not name.startswith(heads)]
        return [side for side in (rest, *sides) if side]

    def _groups(self, phase: Phase, moving: Mapping[str, nn.Parameter]) -> list[dict[str, Any]]:
        """Domain heads step at a rate of their own, so that an adversary can keep up, and so does an upstream."""
        heads = self._tellers(phase)
        pretrained = {id(parameter) for parameter in _pretrained(self.model)}
        own = 1.0 if phase.rate is None else phase.rate
        of_domains = self.settings.domain_rate if phase.rate is None else phase.rate
        groups: dict[str, tuple[float, list[nn.Parameter]]] = {
            "own": (own, []),
            "domains": (of_domains, []),
            "upstream": (own * self.settings.upstream_rate, []),
        }
        for name, parameter in moving.items():
            kind = "domains" if name.startswith(heads) else "own"
            groups["upstream" if id(parameter) in pretrained else kind][1].append(parameter)
        return [{"params": params, "factor": factor} for factor, params in groups.values() if params]

    def step(self, batch: Batch, number: int, progress: float) -> dict[str, Tensor]:
        """One batch through every phase; the dict is what the objective logged.

        Args:
            batch: on the model's device.
            number: of this batch in the whole training, from 0.
            progress: fraction of the planned steps, in [0, 1].
        """
        logged: dict[str, Tensor] = {}
        place = 0
        for phase in self.objective.phases:
            if phase.renewal and number > 0 and number % phase.renewal == 0:
                self._renew(phase, number)
        for phase in self.objective.phases:
            for _ in range(phase.times):
                if progress >= phase.begins:
                    seen = self._seen(phase, batch, number, place)
                    losses = self._take(phase, seen, progress)
                    logged |= {name: value.detach() for name, value in losses.items()}
                place += 1
        return logged

    def _take(self, phase: Phase, batch: Batch, progress: float) -> dict[str, Tensor]:
        """One optimizer step of one phase."""
        optimizer = self.optimizers[phase.name]
        rate = _rate(progress, falls=not phase.steady)
        for group in optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * rate * group["factor"]
        self.model.zero_grad(set_to_none=True)
        losses = self.objective.losses(phase.name, self.model, batch, progress)
        if phase.name not in self._searched:
            self._searched.add(phase.name)
            _check_known(phase, losses["loss"], self.model)
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        # Apart, so that one side cannot slow the other down: weight 0 would no longer be plain training.
        for side in self._sides[phase.name]:
            nn.utils.clip_grad_norm_(side, self.settings.clip)
        optimizer.step()
        return losses

    def _seen(self, phase: Phase, batch: Batch, number: int, place: int) -> Batch:
        """The step's batch, or fresh items where the phase wants them; a function of seed, number and place."""
        if not phase.fresh:
            return batch
        return self._draw(phase.fresh, named_seed(self._seed, "fresh", number, place))

    def _fresh(self, name: str) -> nn.Module:
        """A head or a part of the objective as it is before training."""
        kind, _, own = name.partition(".")
        if kind == "heads" and own in self.model.heads:
            return self.model.fresh_head(own)
        if kind == "parts" and own in self._modules:
            return self._modules[own]()
        raise ObjectiveError(f"'{name}' cannot be renewed: a phase with a renewal steps whole heads and parts alone")

    def _renew(self, phase: Phase, number: int) -> None:
        """Give what a phase steps fresh weights, and every optimizer a fresh memory of them."""
        for name in phase.steps:
            module = self.model.get_submodule(name)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(named_seed(self._seed, "renewed", name.removeprefix("heads."), number))
                fresh = self._fresh(name)
            module.load_state_dict(fresh.state_dict())
            for optimizer in self.optimizers.values():
                for parameter in module.parameters():
                    optimizer.state.pop(parameter, None)


def _check_phases(phases: tuple[Phase, ...]) -> None:
    names = [phase.name for phase in phases]
    if not names or len(set(names)) != len(names):
        raise ObjectiveError(f"the phases are {names}, expected at least one, and no name twice (see Phase.times)")
    idle = [phase.name for phase in phases if phase.times < 1]
    if idle:
        raise ObjectiveError(f"phase '{idle[0]}' takes no step: times must be at least 1")


def _check_all_move(model: Model, moving: Mapping[str, Mapping[str, nn.Parameter]]) -> None:
    """Hold that whatever can learn moves in some phase."""
    known = set[str]().union(*moving.values())
    left = [name for name, one in model.named_parameters() if one.requires_grad and name not in known]
    if left:
        raise ObjectiveError(
            f"{left[0]} (and {len(left) - 1} more) can learn and moves in no phase. Name its module in the `steps` "
            "of a phase, or freeze it (requires_grad_(False))."
        )


def _check_known(phase: Phase, loss: Tensor, model: Model) -> None:
    """Hold that the loss reaches no parameter but the model's: no optimizer would move another."""
    if not loss.requires_grad:
        raise ObjectiveError(f"phase '{phase.name}': its loss depends on no parameter")
    own = {id(parameter) for parameter in model.parameters()}
    for leaf in _leaves(loss):
        if isinstance(leaf, nn.Parameter) and id(leaf) not in own:
            raise ObjectiveError(
                f"phase '{phase.name}': its loss reaches a parameter of shape {tuple(leaf.shape)} that is no part of "
                "the model, so that nobody would move it. Return the module that it is of from `modules`, and use it "
                "as model.parts[...]."
            )


def _leaves(loss: Tensor) -> Iterator[Tensor]:
    """The tensors that a loss was computed from and whose gradients are wanted."""
    waiting, seen = [loss.grad_fn], set[Any]()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if type(node).__name__ == "AccumulateGrad":
            yield node.variable  # type: ignore[attr-defined]
        waiting.extend(below for below, _ in node.next_functions)


def _pretrained(model: Model) -> Iterable[nn.Parameter]:
    """The parameters of pretrained upstreams, where an encoder holds one; what was added to them is fresh."""
    for network in model.networks():
        upstream = getattr(network.encoder, "upstream", None)
        if isinstance(upstream, nn.Module):
            parts = upstream.modules()
            fresh = {id(one) for part in parts if isinstance(part, LowRank) for one in part.parameters()}
            yield from (one for one in upstream.parameters() if id(one) not in fresh)


def _rate(progress: float, *, falls: bool = True) -> float:
    """The learning rate as a fraction of its peak: linear rise over a tenth, then cosine to zero, or level."""
    if progress < 0.1:
        return 0.1 + 0.9 * progress / 0.1
    if not falls:
        return 1.0
    return 0.5 * (1.0 + math.cos(math.pi * (progress - 0.1) / 0.9))
