"""Emotion of a recording by the models of a run."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import torch

from unheard.data.audio import AudioSettings, condition, read_audio
from unheard.errors import AudioError, RunError
from unheard.features.extracting import frames_of, refuse_no_sound
from unheard.features.voice import standardise
from unheard.files import objective_file_name
from unheard.models.model import Model, load_model
from unheard.records import Features, Hertz, Samples, Seconds
from unheard.registry import load

__all__ = ["Recogniser"]


class Recogniser:
    """Labels recordings with the mean of the probabilities of one or several models.

        mean over models of  softmax(logits / T)

    Each model has a temperature T of its own, fitted on its dev speakers, which changes how sure it is and not what
    it says: the class of one model is the same at any T. Among several, a surer one weighs more in the mean. Where
    a file holds none (older runs, or no dev speakers), T is 1.

    Args:
        models: models of the same run and objective, each with the header of its file.
        raw: leave the temperatures aside: the probabilities of predictions.csv.

    Raises:
        RunError: there is none, or they do not agree on features and emotions.

    Reference:
        guo2017calibration: temperature scaling.
    """

    def __init__(self, models: Sequence[tuple[Model, dict[str, Any]]], *, raw: bool = False) -> None:
        if not models:
            raise RunError("no model is given. Name a run that has finished, or one of its weights.")
        self.headers = [header for _, header in models]
        self.models = [model.eval() for model, _ in models]
        _check(self.headers)
        first = self.headers[0]
        self.emotions: list[str] = list(first["emotions"])
        known = [_temperature(header) for header in self.headers]
        self.calibrated = not raw and None not in known
        """Whether every model had a temperature, and it is used."""
        self.temperatures = [1.0 if raw or own is None else own for own in known]
        self.adaptive = first.get("adaptation", "none") == "speaker"
        """Whether the models heard features normalised over all recordings of a voice: see `recognise_voice`."""
        self.audio = AudioSettings(**first["audio"])
        self._feature = load("features", first["features"]["name"])
        own = {key: value for key, value in first["features"].items() if key != "name"}
        self._settings = self._feature.Settings(**own)
        if hasattr(self._feature, "identity") and self._feature.identity(self._settings) != first["feature_identity"]:
            raise RunError("the upstream of these models has other weights than in training. Restore its checkpoint.")

    @classmethod
    def from_run(cls, run: Path, objective: str | None = None, *, raw: bool = False) -> "Recogniser":
        """All models of one objective of a run folder (every fold and seed), or a single weights file.

        Args:
            run: a folder of `unheard run`, or one `.safetensors` file of it.
            objective: its label; may be left out where the run has only one.
            raw: leave the temperatures aside.

        Raises:
            RunError: there are no weights, or several objectives and none is chosen.
        """
        if run.is_file():
            return cls([load_model(run)], raw=raw)
        files = sorted((run / "weights").glob("*-seed*.safetensors"))
        if not files:
            raise RunError(f"{run}: no weights here. Is it the --out folder of a finished `unheard run`?")
        parts = {file: file.name.partition("-seed")[0] for file in files}
        labels = sorted(unquote(part) for part in set(parts.values()))
        if objective is None and len(labels) > 1:
            raise RunError(f"{run} has the objectives {', '.join(labels)}. Choose one with --objective.")
        wanted = parts[files[0]] if objective is None else objective_file_name(objective)
        if wanted not in parts.values():
            raise RunError(f"{run} has no objective '{objective}'. It has: {', '.join(labels)}.")
        return cls([load_model(file) for file in files if parts[file] == wanted], raw=raw)

    def probabilities(self, samples: Samples, rate: Hertz) -> dict[str, float]:
        """A probability an emotion; they sum to 1.

        Args:
            samples: shape (samples,), mono, float32 in [-1, 1].
            rate: in hertz; must be the models' own (`self.audio.rate`).

        Raises:
            AudioError: there are none, or they are no numbers.
        """
        self._refuse_alone()
        return self._named(self._frames(samples, rate, "the samples"))

    def _refuse_alone(self) -> None:
        """Models of the adaptive protocol cannot judge one recording."""
        if self.adaptive:
            raise RunError(
                "these models heard features normalised over all recordings of a voice, which one recording alone "
                "does not have. Give several recordings of one voice (recognise_voice, or `unheard predict --voice`)."
            )

    def _frames(self, samples: Samples, rate: Hertz, file: Path | str) -> Features:
        """Features of one recording, shape (frames, channels)."""
        if rate != self.audio.rate:
            raise RunError(f"the models hear {self.audio.rate} Hz, the samples have {rate} Hz. Resample them first.")
        refuse_no_sound(samples, file)
        name = str(self.headers[0]["features"]["name"])
        return frames_of(condition(samples, self.audio), rate, name, self._settings, file)

    def _named(self, frames: Features) -> dict[str, float]:
        features = torch.from_numpy(np.ascontiguousarray(frames)).unsqueeze(0)
        lengths = torch.tensor([len(frames)])
        with torch.inference_mode():
            each = torch.stack(
                [
                    torch.softmax(model(features, lengths)[0].double() / temperature, 0)
                    for model, temperature in zip(self.models, self.temperatures, strict=True)
                ]
            )
        return dict(zip(self.emotions, each.mean(0).tolist(), strict=True))

    def recognise_voice(
        self, files: Sequence[Path | str], *, bad: list[AudioError] | None = None
    ) -> dict[Path, dict[str, float]]:
        """A probability an emotion for each of several recordings of one voice, by models of the adaptive protocol.

        Features are normalised with the statistics of these recordings, so the more of them and the more evenly the
        voice is moved in them, the nearer this is to the run's figures.

        Args:
            files: recordings of any rate and channel count.
            bad: where to put the problems of recordings that cannot be used; without it the first one is raised.

        Raises:
            AudioError: a recording cannot be used.
            RunError: the models are not adaptive, or fewer than two recordings are given.
        """
        if not self.adaptive:
            raise RunError("these models judge each recording by itself. Use recognise (leave out --voice).")
        known: dict[Path, Features] = {}
        for file in files:
            try:
                known[Path(file)] = self._frames(self._heard(file), self.audio.rate, file)
            except AudioError as problem:
                if bad is None:
                    raise
                bad.append(problem)
        if len(known) < 2:
            raise RunError("a voice is known by two usable recordings or more. Give all that you have of it.")
        own = standardise(list(known.values()), list(known.values()))
        return {file: self._named(frames) for file, frames in zip(known, own, strict=True)}

    def recognise(self, file: Path | str, *, start: Seconds = 0.0, end: Seconds | None = None) -> dict[str, float]:
        """A probability an emotion for (a part of) a recording of any rate and channel count.

        Raises:
            AudioError: the recording cannot be used.
        """
        self._refuse_alone()
        return self._named(self._frames(self._heard(file, start=start, end=end), self.audio.rate, file))

    def _heard(self, file: Path | str, *, start: Seconds = 0.0, end: Seconds | None = None) -> Samples:
        return read_audio(file, rate=self.audio.rate, start=start, end=end, bounds=self.audio.bounds)[0]


def _check(headers: Sequence[Mapping[str, Any]]) -> None:
    """Hold that models say what they heard, and heard one thing.

    Raises:
        RunError: they do not.
    """
    for header in headers:
        missing = [key for key in ("emotions", "features", "audio") if key not in header]
        if missing:
            raise RunError(f"a model does not say its {', '.join(missing)}. Take the weights of `unheard run`.")
        same = all(header[key] == headers[0][key] for key in ("emotions", "features", "audio"))
        if not same or header.get("adaptation") != headers[0].get("adaptation"):
            raise RunError("these models differ in emotions or features. Use models of one run only.")


def _temperature(header: Mapping[str, Any]) -> float | None:
    """What a model's file says; None where it says nothing.

    Raises:
        RunError: it says what is no temperature.
    """
    found = header.get("temperature")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < math.inf:
        raise RunError(f"a model's temperature is {found!r}, expected a number above 0. Train it again.")
    return float(found)
