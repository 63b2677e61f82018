"""Emotion of a recording by the models of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unheard.data.audio import AudioSettings, condition, read_audio
from unheard.errors import RunError
from unheard.models.model import Model, load_model
from unheard.records import Hertz, Samples, Seconds
from unheard.registry import load

__all__ = ["Recogniser"]


class Recogniser:
    """Labels recordings with the mean of the probabilities of one or several models.

    Args:
        models: models of the same run and objective, each with the header of its file.

    Raises:
        RunError: there is none, or they do not agree on features and emotions.
    """

    def __init__(self, models: Sequence[tuple[Model, dict[str, Any]]]) -> None:
        if not models:
            raise RunError("no model is given. Name a run that has finished, or one of its weights.")
        self.headers = [header for _, header in models]
        self.models = [model.eval() for model, _ in models]
        for header in self.headers:
            missing = [key for key in ("emotions", "features", "audio") if key not in header]
            if missing:
                raise RunError(f"a model does not say its {', '.join(missing)}. Take the weights of `unheard run`.")
        first = self.headers[0]
        for header in self.headers[1:]:
            if any(header[key] != first[key] for key in ("emotions", "features", "audio")):
                raise RunError("these models differ in emotions or features. Use models of one run only.")
        self.emotions: list[str] = list(first["emotions"])
        self.audio = AudioSettings(**first["audio"])
        self._feature = load("features", first["features"]["name"])
        own = {key: value for key, value in first["features"].items() if key != "name"}
        self._settings = self._feature.Settings(**own)
        if hasattr(self._feature, "identity") and self._feature.identity(self._settings) != first["feature_identity"]:
            raise RunError("the upstream of these models has other weights than in training. Restore its checkpoint.")

    @classmethod
    def from_run(cls, run: Path, objective: str | None = None) -> "Recogniser":
        """All models of one objective of a run folder (every fold and seed), or a single weights file.

        Args:
            run: a folder of `unheard run`, or one `.safetensors` file of it.
            objective: its label; may be left out where the run has only one.

        Raises:
            RunError: there are no weights, or several objectives and none is chosen.
        """
        if run.is_file():
            return cls([load_model(run)])
        files = sorted((run / "weights").glob("*.safetensors"))
        if not files:
            raise RunError(f"{run}: no weights here. Is it the --out folder of a finished `unheard run`?")
        labels = sorted({file.name.rsplit("-seed", 1)[0] for file in files})
        if objective is None:
            if len(labels) > 1:
                raise RunError(f"{run} has the objectives {', '.join(labels)}. Choose one with --objective.")
            objective = labels[0]
        if objective not in labels:
            raise RunError(f"{run} has no objective '{objective}'. It has: {', '.join(labels)}.")
        return cls([load_model(file) for file in files if file.name.rsplit("-seed", 1)[0] == objective])

    def probabilities(self, samples: Samples, rate: Hertz) -> dict[str, float]:
        """A probability an emotion; they sum to 1.

        Args:
            samples: shape (samples,), mono, float32 in [-1, 1].
            rate: in hertz; must be the models' own (`self.audio.rate`).
        """
        if rate != self.audio.rate:
            raise RunError(f"the models hear {self.audio.rate} Hz, the samples have {rate} Hz. Resample them first.")
        frames = self._feature.extract(condition(samples, self.audio), rate, self._settings)
        features = torch.from_numpy(np.ascontiguousarray(frames)).unsqueeze(0)
        lengths = torch.tensor([len(frames)])
        with torch.inference_mode():
            each = torch.stack([torch.softmax(model(features, lengths)[0].double(), 0) for model in self.models])
        return dict(zip(self.emotions, each.mean(0).tolist(), strict=True))

    def recognise(self, file: Path | str, *, start: Seconds = 0.0, end: Seconds | None = None) -> dict[str, float]:
        """A probability an emotion for (a part of) a recording of any rate and channel count.

        Raises:
            AudioError: the recording cannot be used.
        """
        samples, _ = read_audio(file, rate=self.audio.rate, start=start, end=end)
        return self.probabilities(samples, self.audio.rate)
