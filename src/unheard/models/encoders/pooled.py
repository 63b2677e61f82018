"""No encoder at all: frames go straight to the pooling, after a learned weighing of the states that stand in them.

Reference: yang2021superb, the weighted sum of an upstream's layers.
"""

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from unheard.errors import SettingsError
from unheard.members import Member, Recipe
from unheard.settings import Document

__all__ = ["SCALED", "Encoder", "Settings", "check"]

SCALED = True
"""What it pools has the scale before training that it has later, for it has no weights that move it."""


class Settings(BaseModel):
    """What stands in a frame."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    states: int = Field(1, ge=1, le=256)
    """How many states stand side by side in each frame, to be summed with learned weights; 1 leaves frames as they
    are."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout on the frames."""


def check(recipe: Recipe, member: Member, document: Document) -> None:
    """Hold that what is summed are states of one upstream, each with the like channel of the others."""
    own: Settings = member.settings
    beside = recipe.feature.says("stacked", default=1)
    if own.states not in (1, beside):
        problem = f"the features hold {beside} side by side (came: {own.states})"
        raise document.blame((*member.at, "states"), problem)


class Encoder(nn.Module):
    """The weighted sum of the states of each frame.

    Shape: (batch, frames, states x size), lengths (batch,) -> (batch, frames, `size`), the same lengths.

    Raises:
        SettingsError: the frames cannot be divided into so many states.
    """

    def __init__(self, channels: int, settings: Settings) -> None:
        super().__init__()
        if channels % settings.states:
            raise SettingsError(
                "model.encoder", "states", f"{channels} channels cannot be {settings.states} states of one size"
            )
        self.size = channels // settings.states
        self.states = settings.states
        # The weights are a softmax, so that their sum stays 1 and none changes its sign.
        self.weights = nn.Parameter(torch.zeros(settings.states)) if settings.states > 1 else None
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Weigh a padded batch; padding changes nothing."""
        if self.weights is not None:
            stacked = sequence.view(*sequence.shape[:2], self.states, self.size)
            sequence = (stacked * torch.softmax(self.weights, 0).unsqueeze(1)).sum(2)
        return self.dropout(sequence), lengths
