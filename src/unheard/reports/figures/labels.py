"""Where the names of marks may stand, so that none covers another."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Box", "apart", "best_places"]


@dataclass(frozen=True)
class Box:
    """A rectangle on a sheet, in points from its upper left corner."""

    left: float
    top: float
    right: float
    foot: float

    def overlap(self, other: "Box") -> float:
        """What two boxes share, in square points."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.foot, other.foot) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, tall)

    def outside(self, other: "Box") -> float:
        """How far it reaches beyond another on all sides together, in points."""
        across = max(0.0, other.left - self.left) + max(0.0, self.right - other.right)
        return across + max(0.0, other.top - self.top) + max(0.0, self.foot - other.foot)


def apart(places: Sequence[float], gap: float) -> list[float]:
    """The places, moved so that neighbors are at least a gap apart, their middle kept.

    >>> apart([10.0, 10.0, 50.0], 14.0)
    [3.0, 17.0, 50.0]
    """
    order = sorted(range(len(places)), key=lambda position: places[position])
    groups: list[list[int]] = []
    for position in order:
        groups.append([position])
        while len(groups) > 1 and _edge(places, groups[-2], gap, 1) + gap > _edge(places, groups[-1], gap, -1) + 1e-9:
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = [0.0] * len(places)
    for group in groups:
        for rank, position in enumerate(group):
            moved[position] = _edge(places, group, gap, -1) + rank * gap
    return moved


def _edge(places: Sequence[float], group: Sequence[int], gap: float, side: int) -> float:
    """First (-1) or last (1) place of a group that is spread about its mean."""
    mean = sum(places[position] for position in group) / len(group)
    return mean + side * gap * (len(group) - 1) / 2


def best_places(choices: Sequence[Sequence[Box]], taken: Sequence[Box], frame: Box) -> list[int]:
    """Of each name the choice that covers least of what is taken and of the names before it, and stays in the frame.

    Args:
        choices: of each name the boxes where it might stand, the preferred ones first.
        taken: marks and lines.
        frame: what no name should leave.
    """
    full, found = list(taken), []
    for boxes in choices:
        costs = [sum(box.overlap(other) for other in full) + 1000 * box.outside(frame) for box in boxes]
        best = min(range(len(boxes)), key=costs.__getitem__)
        full.append(boxes[best])
        found.append(best)
    return found
