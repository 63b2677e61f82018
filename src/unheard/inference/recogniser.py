"""Emotion of a recording by the models of a run."""

import re
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
from unheard.models.temperatures import read_temperature
from unheard.records import Features, Hertz, Samples, Seconds
from unheard.registry import load

__all__ = ["Recogniser"]


class Recogniser:
    """Labels recordings with the mean of the probabilities of one or several models.

        mean over models of  softmax(logits / T)

    The temperature T is one of the run's objective, fitted on the dev predictions of all its models and kept only
    where it helps speakers left out (docs/adr/0008-temperature.md). It changes how sure a model is and not what it
    says: the class of one model is the same at any T. Without one, T is 1: weights outside their run's folder, older
    runs (theirs had one in each file, fitted on the few dev speakers of that file alone, which is not read), or no
    dev speakers.

    Args:
        models: models of the same run and objective, each with the header of its file.
        temperature: what the run knows of it, as `read_temperature` has it; None: nothing.
        raw: leave it aside: the probabilities of predictions.csv.

    Raises:
        RunError: there is none, or they do not agree on features and emotions.

    Reference:
        guo2017calibration: temperature scaling.
    """

    def __init__(
        self,
        models: Sequence[tuple[Model, dict[str, Any]]],
        *,
        temperature: Mapping[str, Any] | None = None,
        raw: bool = False,
    ) -> None:
        if not models:
            raise RunError("no model is given. Name a run that has finished, or one of its weights.")
        self.headers = [header for _, header in models]
        self.models = [model.eval() for model, _ in models]
        _check(self.headers)
        first = self.headers[0]
        self.emotions: list[str] = list(first["emotions"])
        self.calibration = None if raw or temperature is None else dict(temperature)
        """What is known of the temperature in use, as `temperatures.json` has it, and whose speakers it was fitted on
        (`corpus`); None where it is left aside or there is none."""
        self.calibrated = self.calibration is not None
        """Whether the run has asked what temperature its models need; the answer may be 1."""
        self.temperature = float(self.calibration["temperature"]) if self.calibration else 1.0
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
            raw: leave the temperature aside.

        Raises:
            RunError: there are no weights, or several objectives and none is chosen.
        """
        if run.is_file():
            model, header = load_model(run)
            # Weights lie in a folder of their own in the run's.
            own = None if raw else _beside(run.absolute().parent.parent, header)
            return cls([(model, header)], temperature=own, raw=raw)
        files = sorted((run / "weights").glob("*-seed*.safetensors"))
        if not files:
            raise RunError(f"{run}: no weights here. Is it the --out folder of a finished `unheard run`?")
        # A label may hold '-seed', too: older versions wrote it as it is.
        parts = {file: re.split(r"-seed-?\d+-fold", file.name, maxsplit=1)[0] for file in files}
        labels = sorted(unquote(part) for part in set(parts.values()))
        if objective is None and len(labels) > 1:
            raise RunError(f"{run} has the objectives {', '.join(labels)}. Choose one with --objective.")
        written = set(parts.values()) if objective is None else {objective, objective_file_name(objective)}
        if not written & set(parts.values()):
            raise RunError(f"{run} has no objective '{objective}'. It has: {', '.join(labels)}.")
        models = [load_model(file) for file in files if parts[file] in written]
        return cls(models, temperature=None if raw else _beside(run, models[0][1]), raw=raw)

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
            logits = torch.stack([model(features, lengths)[0].double() for model in self.models])
            each = torch.softmax(logits / self.temperature, 1)
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


def _beside(run: Path, header: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the run's folder says of the temperature of a model's objective."""
    return read_temperature(run, str(header.get("objective")))


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
