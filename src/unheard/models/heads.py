"""Networks that read the embedding: the emotion head and the domain heads have the same shape."""

from torch import nn

__all__ = ["build_head"]


def build_head(size: int, hidden: int, classes: int) -> nn.Sequential:
    """Linear, ReLU, Linear: (batch, size) -> logits (batch, classes).

    No softmax (cross-entropy takes logits) and no dropout: a head that only watches must not draw random
    numbers, or weight 0 would differ from the plain model.
    """
    return nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, classes))
