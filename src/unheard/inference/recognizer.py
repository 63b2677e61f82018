"""Emotion of speech: a recognizer is loaded from a file or folder, and is given recordings or samples.

Importing this costs no torch; loading a folder of weights does.
"""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from unheard.data.audio.loading import Stretch, read_audio, read_parts
from unheard.errors import AudioError, RunError
from unheard.inference.engine import Answers, Engine
from unheard.inference.recognition import Recognition
from unheard.records import Hertz, Samples, Seconds

__all__ = ["Audio", "Recognizer"]

Audio = Path | str | np.ndarray
"""A recording, by its path; or samples, shape (samples,), mono, float in [-1, 1]."""
_SAMPLES = "the samples"
"""What an error calls samples that have no file."""


class Recognizer:
    """Says what emotion is heard.

        probabilities = mean over models of  softmax(logits / T)

    The temperature T is one of the run's objective, fitted on the dev predictions of all its models and kept only
    where it helps speakers left out (docs/adr/0008-temperature.md). It changes how sure a model is and not what it
    says: the class of one model is the same at any T. Without one, T is 1: weights outside their run's folder, or no
    dev speakers.

        recognizer = Recognizer.load("runs/ravdess", "dat")
        recognizer("clip.wav").label
        recognizer(samples, rate=44100).probabilities

    Args:
        engine: what answers for waveforms; `load` finds it.

    Reference:
        guo2017calibration: temperature scaling.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def load(
        cls,
        place: Path | str,
        objective: str | None = None,
        *,
        raw: bool = False,
        download: bool = False,
        upstream: Path | str | None = None,
    ) -> "Recognizer":
        """The recognizer of a folder of models (every fold and seed of one objective), or of one file.

        Args:
            place: a folder of `unheard run` or `save`, or one `.safetensors` file of it; or a file of
                `unheard export`, which needs onnxruntime and no torch.
            objective: its label; may be left out where the folder has only one.
            raw: leave the temperature aside: the probabilities of predictions.csv.
            download: whether the hub may be asked for a pretrained upstream that features come from.
            upstream: folder of that upstream, where it is not where the models' files say.

        Raises:
            RunError: there are no weights, several objectives and none is chosen, or a file is damaged.
            MissingExtraError: the models hear an upstream, and transformers is not installed.
        """
        if Path(place).suffix == ".onnx":
            if raw or upstream is not None or objective is not None:
                raise RunError(f"{place}: an ONNX file holds one objective, with its temperature and its upstream.")
            return cls(importlib.import_module("unheard.inference.onnx_model").OnnxModel(Path(place)))
        # Only now: torch takes longer to import than most of what a recognizer is asked.
        networks = importlib.import_module("unheard.inference.networks")
        folder = None if upstream is None else Path(upstream)
        return cls(networks.load_networks(Path(place), objective, raw=raw, download=download, upstream=folder))

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that it tells apart, in the order of the probabilities."""
        return self.engine.classes

    @property
    def rate(self) -> Hertz:
        """The sampling rate that it hears, in hertz; whatever has another one is resampled."""
        return self.engine.audio.rate

    @property
    def adaptive(self) -> bool:
        """Whether it hears a recording only beside others of the same speaker: see `recognize_speaker`."""
        return self.engine.adaptive

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """What is known of the temperature in use; None where it is left aside or there is none.

        As `temperatures.json` has it, with whose speakers it was fitted on (`corpus`).
        """
        return self.engine.calibration

    @property
    def temperature(self) -> float:
        """What logits are divided by; 1 without calibration."""
        return float(self.calibration["temperature"]) if self.calibration else 1.0

    @property
    def upstream(self) -> Path | None:
        """The folder of the pretrained upstream that features come from, where they do."""
        return self.engine.upstream

    def __call__(
        self, audio: Audio, rate: Hertz | None = None, *, start: Seconds = 0.0, end: Seconds | None = None
    ) -> Recognition:
        """What is heard in (a part of) a recording of any rate and channel count, or in samples.

        Args:
            audio: a path; or samples, shape (samples,), mono, float in [-1, 1].
            rate: of samples, in hertz; a file says its own.
            start: in seconds.
            end: in seconds; None is the end.

        Raises:
            AudioError: it cannot be used; says why, and what to do.
            RunError: the models hear recordings only beside others of the same speaker.
        """
        if rate is not None and isinstance(audio, Path | str):
            raise AudioError(audio, "has a rate of its own", "Leave `rate` out: it is for samples.")
        (found,) = self.recognize_batch([audio], rate, stretch=(start, end))
        return found

    def recognize_batch(
        self, audios: Iterable[Audio], rate: Hertz | None = None, *, size: int = 16, stretch: Stretch = (0.0, None)
    ) -> list[Recognition]:
        """What is heard in each of several recordings or arrays of samples, computed `size` at a time.

        Args:
            audios: see `Audio`; recordings and samples may be mixed.
            rate: of those that are samples, in hertz.
            size: how many are computed at once. More is faster, up to a point, and takes more memory.
            stretch: (start, end) in seconds, of each.

        Raises:
            AudioError: one of them cannot be used.
            RunError: the models hear recordings only beside others of the same speaker.
        """
        self._refuse_alone()
        waiting, found = list(audios), list[Recognition]()
        for first in range(0, len(waiting), size):
            some = waiting[first : first + size]
            names = [own if isinstance(own, Path | str) else _SAMPLES for own in some]
            waves = [self._waveform(own, rate, stretch) for own in some]
            heard = [self.engine.inputs_of(wave, name) for wave, name in zip(waves, names, strict=True)]
            found += self._recognitions(self.engine.answer(heard), names)
        return found

    def recognize_stretches(self, file: Path | str, stretches: Sequence[Stretch]) -> list[Recognition | AudioError]:
        """What a call gives or raises for each of several stretches of a recording, which is read once.

        Args:
            file: a recording of any rate and channel count.
            stretches: (start, end) of each in seconds; an end of None is that of the recording.
        """
        self._refuse_alone()
        try:
            waves, _ = read_parts(file, stretches, self.engine.audio)
        except AudioError as problem:
            return [problem] * len(stretches)
        return [own if isinstance(own, AudioError) else self._alone(own, file) for own in waves]

    def recognize_speaker(
        self, files: Sequence[Path | str], *, bad: list[AudioError] | None = None
    ) -> dict[Path, Recognition]:
        """What is heard in each of several recordings of one speaker, by models of the adaptive protocol.

        Features are normalized with the statistics of these recordings, so the more of them and the more evenly the
        speaker is moved in them, the nearer this is to the run's figures.

        Args:
            files: recordings of any rate and channel count.
            bad: where to put the problems of recordings that cannot be used; without it the first one is raised.

        Raises:
            AudioError: a recording cannot be used.
            RunError: the models are not adaptive, or fewer than two recordings are given.
        """
        if not self.adaptive:
            raise RunError("these models judge each recording by itself. Recognize it alone (leave out --voice).")
        heard = {}
        for file in map(Path, files):
            try:
                samples, _ = read_audio(file, rate=self.rate, bounds=self.engine.audio.bounds)
                heard[file] = self.engine.inputs_of(samples, file)
            except AudioError as problem:
                if bad is None:
                    raise
                bad.append(problem)
        if len(heard) < 2:
            raise RunError("a voice is known by two usable recordings or more. Give all that you have of it.")
        answers = self.engine.answer(list(heard.values()), one_speaker=True)
        return dict(zip(heard, self._recognitions(answers, list(heard)), strict=True))

    def save(self, place: Path | str) -> None:
        """Write all that `load` needs: a folder, with weights and temperature.

        Raises:
            RunError: something of the kind is there already.
            MachineError: it cannot be written.
        """
        self.engine.save(Path(place))

    def _refuse_alone(self) -> None:
        """Models of the adaptive protocol cannot judge one recording."""
        if self.adaptive:
            raise RunError(
                "these models heard features normalized over all recordings of a voice, which one recording alone "
                "does not have. Give several recordings of one voice (recognize_speaker, or `unheard predict "
                "--voice`)."
            )

    def _waveform(self, audio: Audio, rate: Hertz | None, stretch: Stretch) -> Samples:
        """Samples at the engine's rate."""
        start, end = stretch
        if isinstance(audio, Path | str):
            bounds = self.engine.audio.bounds
            return read_audio(audio, rate=self.rate, start=start, end=end, bounds=bounds)[0]
        samples, own = _checked(audio, rate)
        samples = samples[round(start * own) : None if end is None else round(end * own)]
        if own == self.rate:
            return samples
        return np.ascontiguousarray(soxr.resample(samples, own, self.rate, quality="HQ"), dtype=np.float32)

    def _alone(self, samples: Samples, file: Path | str) -> Recognition | AudioError:
        try:
            (found,) = self._recognitions(self.engine.answer([self.engine.inputs_of(samples, file)]), [file])
        except AudioError as problem:
            return problem
        return found

    def _recognitions(self, answers: Answers, names: Sequence[Path | str]) -> list[Recognition]:
        """Each answer with its names.

        Raises:
            AudioError: there is no answer to one of them.
        """
        found = []
        for row, name in enumerate(names):
            probabilities = answers.probabilities[row]
            if not np.isfinite(probabilities).all():
                problem = "the models give no probability for it (nan)"
                raise AudioError(name, problem, "Look at its samples: they may lie far beyond full scale.")
            named = dict(zip(self.labels, probabilities.tolist(), strict=True))
            numbers = {key: float(values[row]) for key, values in answers.numbers.items()}
            found.append(Recognition.of(named, answers.embeddings[row], numbers))
        return found


def _checked(audio: Any, rate: Hertz | None) -> tuple[Samples, Hertz]:
    """Samples and their rate as they were given, once they are known to be some.

    Raises:
        AudioError: they are not mono, no fractions of full scale, or of no rate.
    """
    samples = np.asarray(audio)
    if samples.ndim != 1:
        problem = f"have the shape {samples.shape}, expected (samples,)"
        raise AudioError(_SAMPLES, problem, "Take one channel, or the mean of all.")
    if not np.issubdtype(samples.dtype, np.floating):
        problem = f"are {samples.dtype}, expected floating point in [-1, 1]"
        raise AudioError(_SAMPLES, problem, "Divide by the full scale (int16: by 32768).")
    if rate is None:
        raise AudioError(_SAMPLES, "come without a sampling rate", "Pass rate=, in hertz.")
    if not np.isfinite(rate) or rate <= 0:
        raise AudioError(_SAMPLES, f"have the rate {rate}, expected hertz above 0", "Correct it.")
    return np.ascontiguousarray(samples, dtype=np.float32), rate
