"""One mechanism for every auxiliary head: the signed weight of the gradient that flows back from it.

+w: the head helps (multi-task), -w: it is an adversary (reversal), 0: it only watches.
"""

from typing import Any

import torch
from torch import Tensor

__all__ = ["signed_gradient"]


class _SignedGradient(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, embedding: Tensor, weight: float) -> Tensor:
        context.weight = weight
        return embedding.view_as(embedding)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] * context.weight, None


def signed_gradient(embedding: Tensor, weight: float) -> Tensor:
    """The embedding itself on the way forward; on the way back its gradient is multiplied by `weight`.

    Args:
        embedding: any shape.
        weight: negative reverses (Ganin and Lempitsky 2015, eq. 9 with lambda = -weight); 0 detaches, so that
            not even a zero is added to the encoder's gradient.

    Reference: ganin2015unsupervised, the gradient reversal layer.
    """
    if weight == 0.0:
        return embedding.detach()
    signed: Tensor = _SignedGradient.apply(embedding, weight)  # type: ignore[no-untyped-call]
    return signed
