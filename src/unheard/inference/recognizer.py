"""Emotion of a recording by the models of a run."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import torch

from unheard.data.audio.loading import Stretch, condition, read_audio, read_parts
from unheard.errors import AudioError, RunError
from unheard.features.extracting import frames_of, refuse_no_sound
from unheard.features.speaker_statistics import standardize
from unheard.files import objective_file_name
from unheard.inference.headers import check_headers, hearing_of, upstream_of_run
from unheard.models.model import Model
from unheard.models.temperatures import read_temperature
from unheard.models.weights import load_model
from unheard.records import Features, Hertz, Samples, Seconds

__all__ = ["Recognizer"]


class Recognizer:
    """Labels recordings with the mean of the probabilities of one or several models.

        mean over models of  softmax(logits / T)

    The temperature T is one of the run's objective, fitted on the dev predictions of all its models and kept only
    where it helps speakers left out (docs/adr/0008-temperature.md). It changes how sure a model is and not what it
    says: the class of one model is the same at any T. Without one, T is 1: weights outside their run's folder, or no
    dev speakers.

    Args:
        models: models of the same run and objective, each with the header of its file.
        temperature: what the run knows of it, as `read_temperature` has it; None: nothing.
        raw: leave it aside: the probabilities of predictions.csv.
        names: what errors call the models, e.g. their files.
        download: whether the hub may be asked for a pretrained upstream that features come from.
        upstream: folder of that upstream, where it is not where the models' files say.

    Raises:
        RunError: there is none, they do not agree on features and emotions, or their upstream is not here.

    Reference:
        guo2017calibration: temperature scaling.
    """

    def __init__(  # noqa: PLR0913 (everything that predicting depends on)
        self,
        models: Sequence[tuple[Model, dict[str, Any]]],
        *,
        temperature: Mapping[str, Any] | None = None,
        raw: bool = False,
        names: Sequence[str] = (),
        download: bool = False,
        upstream: Path | None = None,
    ) -> None:
        if not models:
            raise RunError("no model is given. Name a run that has finished, or one of its weights.")
        names = list(names) or ["the weights"] * len(models)
        check_headers(models, names)
        self.headers = [header for _, header in models]
        self.models = [model.eval() for model, _ in models]
        first = self.headers[0]
        self.emotions: list[str] = list(first["emotions"])
        self.calibration = None if raw or temperature is None else dict(temperature)
        """What is known of the temperature in use, as `temperatures.json` has it, and whose speakers it was fitted on
        (`corpus`); None where it is left aside or there is none."""
        self.calibrated = self.calibration is not None
        """Whether the run has asked what temperature its models need; the answer may be 1."""
        self.temperature = float(self.calibration["temperature"]) if self.calibration else 1.0
        self.adaptive = first.get("adaptation", "none") == "speaker"
        """Whether the models heard features normalized over all recordings of a voice: see `recognize_voice`."""
        for model, header, name in zip(self.models, self.headers, names, strict=True):
            hearing = hearing_of(model, header, name, download=download, upstream=upstream)
        self.audio, self._feature, self._settings = hearing.audio, hearing.feature, hearing.settings
        self.upstream = hearing.folder
        """The folder of the pretrained upstream that features come from, where they do."""

    @classmethod
    def from_run(
        cls,
        run: Path,
        objective: str | None = None,
        *,
        raw: bool = False,
        download: bool = False,
        upstream: Path | None = None,
    ) -> "Recognizer":
        """All models of one objective of a run folder (every fold and seed), or a single weights file.

        Args:
            run: a folder of `unheard run`, or one `.safetensors` file of it.
            objective: its label; may be left out where the run has only one.
            raw: leave the temperature aside.
            download: whether the hub may be asked for a pretrained upstream that features come from.
            upstream: folder of that upstream, where it is not where the models' files say.

        Raises:
            RunError: there are no weights, several objectives and none is chosen, or a file is damaged.
        """
        if run.is_file():
            # Weights lie in a folder of their own in the run's.
            return cls._of(run.absolute().parent.parent, [run], raw=raw, download=download, upstream=upstream)
        files = sorted((run / "weights").glob("*-seed*.safetensors"))
        if not files:
            raise RunError(f"{run}: no weights here. Is it the --out folder of a finished `unheard run`?")
        # A label may hold '-seed', too.
        parts = {file: re.split(r"-seed-?\d+-fold", file.name, maxsplit=1)[0] for file in files}
        labels = sorted(unquote(part) for part in set(parts.values()))
        if objective is None and len(labels) > 1:
            raise RunError(f"{run} has the objectives {', '.join(labels)}. Choose one with --objective.")
        written = set(parts.values()) if objective is None else {objective, objective_file_name(objective)}
        if not written & set(parts.values()):
            raise RunError(f"{run} has no objective '{objective}'. It has: {', '.join(labels)}.")
        chosen = [file for file in files if parts[file] in written]
        return cls._of(run, chosen, raw=raw, download=download, upstream=upstream)

    @classmethod
    def _of(
        cls, run: Path, files: Sequence[Path], *, raw: bool, download: bool, upstream: Path | None
    ) -> "Recognizer":
        models = [load_model(file) for file in files]
        header = models[0][1]
        return cls(
            models,
            temperature=None if raw else _beside(run, header),
            raw=raw,
            names=[str(file) for file in files],
            download=download,
            upstream=upstream or upstream_of_run(run, header),
        )

    def probabilities(self, samples: Samples, rate: Hertz) -> dict[str, float]:
        """A probability an emotion; they sum to 1.

        Args:
            samples: shape (samples,), mono, float32 in [-1, 1].
            rate: in hertz; must be the models' own (`self.audio.rate`).

        Raises:
            AudioError: there are none, or they are no numbers, or no numbers come of them.
        """
        self._refuse_alone()
        return self._named(self._frames(samples, rate, "the samples"), "the samples")

    def _refuse_alone(self) -> None:
        """Models of the adaptive protocol cannot judge one recording."""
        if self.adaptive:
            raise RunError(
                "these models heard features normalized over all recordings of a voice, which one recording alone "
                "does not have. Give several recordings of one voice (recognize_voice, or `unheard predict --voice`)."
            )

    def _frames(self, samples: Samples, rate: Hertz, file: Path | str) -> Features:
        """Features of one recording, shape (frames, channels)."""
        if rate != self.audio.rate:
            raise RunError(f"the models hear {self.audio.rate} Hz, the samples have {rate} Hz. Resample them first.")
        refuse_no_sound(samples, file)
        name = str(self.headers[0]["features"]["name"])
        return frames_of(condition(samples, self.audio), rate, name, self._settings, file)

    def _named(self, frames: Features, what: Path | str) -> dict[str, float]:
        features = torch.from_numpy(np.ascontiguousarray(frames)).unsqueeze(0)
        lengths = torch.tensor([len(frames)])
        with torch.inference_mode():
            logits = torch.stack([model(features, lengths)[0].double() for model in self.models])
            each = torch.softmax(logits / self.temperature, 1)
        mean = each.mean(0)
        if not bool(torch.isfinite(mean).all()):
            problem = "the models give no probability for it (nan)"
            raise AudioError(what, problem, "Look at its samples: they may lie far beyond full scale.")
        return dict(zip(self.emotions, mean.tolist(), strict=True))

    def recognize_voice(
        self, files: Sequence[Path | str], *, bad: list[AudioError] | None = None
    ) -> dict[Path, dict[str, float]]:
        """A probability an emotion for each of several recordings of one voice, by models of the adaptive protocol.

        Features are normalized with the statistics of these recordings, so the more of them and the more evenly the
        voice is moved in them, the nearer this is to the run's figures.

        Args:
            files: recordings of any rate and channel count.
            bad: where to put the problems of recordings that cannot be used; without it the first one is raised.

        Raises:
            AudioError: a recording cannot be used.
            RunError: the models are not adaptive, or fewer than two recordings are given.
        """
        if not self.adaptive:
            raise RunError("these models judge each recording by itself. Use recognize (leave out --voice).")
        known: dict[Path, Features] = {}
        for file in files:
            try:
                samples, _ = read_audio(file, rate=self.audio.rate, bounds=self.audio.bounds)
                known[Path(file)] = self._frames(samples, self.audio.rate, file)
            except AudioError as problem:
                if bad is None:
                    raise
                bad.append(problem)
        if len(known) < 2:
            raise RunError("a voice is known by two usable recordings or more. Give all that you have of it.")
        own = standardize(list(known.values()), list(known.values()))
        return {file: self._named(frames, file) for file, frames in zip(known, own, strict=True)}

    def recognize(self, file: Path | str, *, start: Seconds = 0.0, end: Seconds | None = None) -> dict[str, float]:
        """A probability an emotion for (a part of) a recording of any rate and channel count.

        Raises:
            AudioError: the recording cannot be used.
        """
        (found,) = self.recognize_stretches(file, [(start, end)])
        if isinstance(found, AudioError):
            raise found
        return found

    def recognize_stretches(
        self, file: Path | str, stretches: Sequence[Stretch]
    ) -> list[dict[str, float] | AudioError]:
        """What `recognize` gives or raises for each of several stretches of a recording, which is read once.

        Args:
            file: a recording of any rate and channel count.
            stretches: (start, end) of each in seconds; an end of None is that of the recording.
        """
        self._refuse_alone()
        try:
            heard, _ = read_parts(file, stretches, self.audio)
        except AudioError as problem:
            return [problem] * len(stretches)
        return [own if isinstance(own, AudioError) else self._judged(own, file) for own in heard]

    def _judged(self, samples: Samples, file: Path | str) -> dict[str, float] | AudioError:
        try:
            return self._named(self._frames(samples, self.audio.rate, file), file)
        except AudioError as problem:
            return problem


def _beside(run: Path, header: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the run's folder says of the temperature of a model's objective."""
    return read_temperature(run, str(header.get("objective")))
