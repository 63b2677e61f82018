"""Models of torch that answer together: the mean of their probabilities, their embeddings one after the other."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from unheard.data.audio.loading import AudioSettings, condition
from unheard.errors import RunError
from unheard.features.extracting import frames_of, refuse_no_sound
from unheard.features.speaker_statistics import standardize
from unheard.files import objective_file_name
from unheard.inference.engine import Answers, Inputs
from unheard.inference.headers import check_headers, hearing_of, upstream_of_run
from unheard.models.model import Model
from unheard.models.temperatures import read_temperature, write_temperatures
from unheard.models.weights import load_model, save_model
from unheard.records import Samples

__all__ = ["Networks", "load_networks"]

_OWN = frozenset({"channels", "classes", "model"})
"""Of a header: what `save_model` writes itself."""


class Networks:
    """Models of one run and objective.

    Args:
        models: each with the header of its file.
        calibration: what is known of their temperature, as `read_temperature` has it; None: nothing, and T = 1.
        names: what errors call the models, e.g. their files.
        download: whether the hub may be asked for a pretrained upstream that features come from.
        upstream: folder of that upstream, where it is not where the models' files say.

    Raises:
        RunError: there is none, they do not agree on features and emotions, or their upstream is not here.
    """

    def __init__(
        self,
        models: Sequence[tuple[Model, dict[str, Any]]],
        *,
        calibration: Mapping[str, Any] | None = None,
        names: Sequence[str] = (),
        download: bool = False,
        upstream: Path | None = None,
    ) -> None:
        if not models:
            raise RunError("no model is given. Name a run that has finished, or one of its weights.")
        names = list(names) or ["the weights"] * len(models)
        check_headers(models, names)
        self.models = [model.eval() for model, _ in models]
        self.headers = [header for _, header in models]
        self.calibration = None if calibration is None else dict(calibration)
        for (model, header), name in zip(models, names, strict=True):
            self.hearing = hearing_of(model, header, name, download=download, upstream=upstream)

    @property
    def classes(self) -> tuple[str, ...]:
        """The emotions that the models tell apart."""
        return tuple(self.headers[0]["emotions"])

    @property
    def audio(self) -> AudioSettings:
        """How a recording is conditioned before features are computed."""
        return self.hearing.audio

    @property
    def adaptive(self) -> bool:
        """Whether the models heard features normalized over all recordings of a speaker."""
        return bool(self.headers[0].get("adaptation", "none") == "speaker")

    @property
    def temperature(self) -> float:
        """What logits are divided by."""
        return float(self.calibration["temperature"]) if self.calibration else 1.0

    @property
    def upstream(self) -> Path | None:
        """The folder of the pretrained upstream that features come from, where they do."""
        return self.hearing.folder

    def inputs_of(self, samples: Samples, name: Path | str) -> Inputs:
        """Features of one waveform, shape (frames, channels)."""
        refuse_no_sound(samples, name)
        feature = str(self.headers[0]["features"]["name"])
        return frames_of(condition(samples, self.audio), self.audio.rate, feature, self.hearing.settings, name)

    def answer(self, heard: Sequence[Inputs], *, one_speaker: bool = False) -> Answers:
        """The mean over models of softmax(logits / T), their embeddings side by side, the mean of their numbers."""
        if one_speaker:
            heard = standardize(list(heard), list(heard))
        frames = [torch.from_numpy(np.ascontiguousarray(own)) for own in heard]
        lengths = torch.tensor([len(own) for own in frames])
        features = pad_sequence(frames, batch_first=True)
        with torch.inference_mode():
            embeddings = [model.network(features, lengths) for model in self.models]
            answers = [model.answers(own) for model, own in zip(self.models, embeddings, strict=True)]
        logits = torch.stack([own["emotion"].double() for own in answers])
        numbers = [target.name for target in self.models[0].targets if target.kind == "numbers"]
        return Answers(
            torch.softmax(logits / self.temperature, 2).mean(0).numpy(),
            torch.cat(embeddings, 1).numpy(),
            {name: _mean(answers, name).numpy() for name in numbers},
        )

    def save(self, place: Path) -> None:
        """Write the models into a folder, as a run has them, with what is known of their temperature.

        Raises:
            RunError: there are weights in that folder already.
        """
        weights = place / "weights"
        if weights.exists() and any(weights.iterdir()):
            raise RunError(f"{weights} holds weights already, and these would be mixed with them. Choose another.")
        labels = [str(header.get("objective", "model")) for header in self.headers]
        for number, (label, model, header) in enumerate(zip(labels, self.models, self.headers, strict=True), 1):
            name = f"{objective_file_name(label)}-seed{header.get('seed', 0)}-fold{header.get('fold', number)}"
            about = {key: value for key, value in header.items() if key not in _OWN} | {"objective": label}
            save_model(model, weights / f"{name}.safetensors", about)
        if self.calibration is not None:
            known = {key: value for key, value in self.calibration.items() if key != "corpus"}
            write_temperatures(str(self.calibration.get("corpus")), {labels[0]: known}, place)


def _mean(answers: Sequence[Mapping[str, Tensor]], name: str) -> Tensor:
    return torch.stack([own[name].double() for own in answers]).mean(0)


def load_networks(
    place: Path,
    objective: str | None = None,
    *,
    raw: bool = False,
    download: bool = False,
    upstream: Path | None = None,
) -> Networks:
    """All models of one objective of a folder (every fold and seed), or those of a single weights file.

    Args:
        place: a folder of `unheard run`, or one `.safetensors` file of it.
        objective: its label; may be left out where the folder has only one.
        raw: leave the temperature aside.
        download: whether the hub may be asked for a pretrained upstream that features come from.
        upstream: folder of that upstream, where it is not where the models' files say.

    Raises:
        RunError: there are no weights, several objectives and none is chosen, or a file is damaged.
    """
    if place.is_file():
        run, files = place.absolute().parent.parent, [place]  # weights lie in a folder of their own in the run's
    else:
        run, files = place, _chosen(place, objective)
    models = [load_model(file) for file in files]
    header = models[0][1]
    return Networks(
        models,
        calibration=None if raw else read_temperature(run, str(header.get("objective"))),
        names=[str(file) for file in files],
        download=download,
        upstream=upstream or upstream_of_run(run, header),
    )


def _chosen(run: Path, objective: str | None) -> list[Path]:
    """The weights of one objective."""
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
    return [file for file in files if parts[file] in written]
