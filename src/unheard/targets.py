"""What is predicted of an utterance: a class, such as its emotion, or a number, such as its arousal."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["EMOTION", "NUMBERS", "Target"]


class Target(BaseModel):
    """One thing to predict, and what its head descends.

    A target of kind 'classes' is a column of class numbers; one of kind 'numbers' is a column of values, of which an
    item may have none. Each target has a head of its own on the embedding, and what is minimized is the weighted sum
    of their losses.

    >>> Target(name="arousal", kind="numbers").loss
    'ccc'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("emotion", min_length=1)
    """The column: 'emotion', 'arousal', 'valence', 'dominance'."""
    kind: Literal["classes", "numbers"] = "classes"
    loss: Literal["cross-entropy", "ccc", "mse"]
    """'cross-entropy' for classes. For numbers 'ccc', 1 - CCC over the labeled items of a batch, or 'mse', the mean
    squared error. By default the one of classes, and 'ccc' for numbers."""
    weight: float = Field(1.0, gt=0, le=1000)
    """Of this loss in the sum."""
    classes: tuple[str, ...] = ()
    """Of kind 'classes': their names, in the order of their numbers; empty for those that the training part has."""
    range: tuple[float, float] = (0.0, 1.0)
    """Of kind 'numbers': the lowest and the highest value. The head begins in the middle of it; what it answers is
    not cut off at its ends."""

    @model_validator(mode="before")
    @classmethod
    def _loss_of_kind(cls, given: Any) -> Any:
        if isinstance(given, dict) and "loss" not in given:
            return {**given, "loss": "ccc" if given.get("kind") == "numbers" else "cross-entropy"}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "classes") != (self.loss == "cross-entropy"):
            fit = "'cross-entropy'" if self.kind == "classes" else "'ccc' or 'mse'"
            raise ValueError(f"kind = '{self.kind}' and loss = '{self.loss}' do not fit: the loss must be {fit}")
        if self.kind == "numbers" and self.classes:
            raise ValueError("a target of kind 'numbers' has no classes: leave them out")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class stands twice")
        if self.range[0] >= self.range[1]:
            raise ValueError(f"range = {list(self.range)} must rise")
        return self


EMOTION = Target(name="emotion", loss="cross-entropy")
"""What is predicted unless something else is asked for."""
NUMBERS = ("arousal", "valence", "dominance")
"""Numbers that an utterance may have, in [0, 1]."""
