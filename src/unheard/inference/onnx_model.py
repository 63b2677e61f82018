"""A recognizer of one ONNX file: onnxruntime alone, no torch.

A file may come from anywhere. Its header is checked, and whether it is whole; it may refer to no other file. But a
graph is a program, and may ask for time and memory: load those whose source you trust.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from unheard.data.audio.loading import AudioSettings
from unheard.documents import DamageError, conform, parse_json, read_bytes
from unheard.errors import AudioError, MissingExtraError, RunError
from unheard.features.extracting import refuse_no_sound
from unheard.harmless import visible
from unheard.inference.engine import Answers, Inputs
from unheard.records import Samples

__all__ = ["BLANK", "HEADER", "OnnxHeader", "OnnxModel", "digest_of"]

HEADER = "unheard"
"""Key of the header in the file's metadata."""
BLANK = b"0" * 64
"""What stands in the place of the digest while it is computed."""
_LARGEST = (1 << 31) - 1  # bytes: no ONNX file is larger
_ELSEWHERE = b"\x0a\x08location\x12"
"""How a tensor begins to say in which other file it lies."""
_MEND = "Export it again with `unheard export`."

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class OnnxHeader(BaseModel):
    """What the file says of itself."""

    model_config = ConfigDict(extra="allow")

    digest: str = Field(pattern="^[0-9a-f]{64}$")
    labels: list[_Name] = Field(min_length=1)
    numbers: list[_Name] = []
    rate: int = Field(ge=4_000, le=96_000)
    longest: int | None = Field(None, ge=1)
    calibration: dict[str, Any] | None = None


def digest_of(content: bytes, digest: str) -> str:
    """SHA-256 of a file with its own digest blanked out."""
    return hashlib.sha256(content.replace(digest.encode(), BLANK)).hexdigest()


class OnnxModel:
    """Answers for waveforms by a graph that `unheard export` wrote.

    Args:
        file: where it lies.

    Raises:
        RunError: it is missing, damaged, or no such graph.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(self, file: Path) -> None:
        try:
            import onnxruntime
        except ImportError as problem:
            raise MissingExtraError("onnxruntime", "onnx") from problem
        self.file = file
        try:
            content = read_bytes(file, largest=_LARGEST)
            if _ELSEWHERE in content:
                raise DamageError("it refers to other files")  # noqa: TRY301
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4
            options.intra_op_num_threads = _threads()
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            metadata = self._session.get_modelmeta().custom_metadata_map
            self.header = conform(parse_json(metadata.get(HEADER, "null")), OnnxHeader)
            if digest_of(content, self.header.digest) != self.header.digest:
                raise DamageError("it does not match its digest, so it was changed or damaged")  # noqa: TRY301
            self._check()
        except RunError:
            raise
        except (DamageError, RuntimeError, ValueError, onnxruntime.capi.onnxruntime_pybind11_state.Fail) as problem:
            raise _refused(file, problem) from problem
        except Exception as problem:
            if type(problem).__module__.startswith("onnxruntime"):
                raise _refused(file, problem) from problem
            raise

    def _check(self) -> None:
        """Hold the header against the graph's inputs and outputs."""
        labels = self.header.labels
        if len(set(labels)) != len(labels) or any(visible(name) != name for name in labels):
            raise DamageError("its labels are not distinct, or hold signs that steer a terminal")
        inputs = [port.name for port in self._session.get_inputs()]
        outputs = {port.name: port.shape for port in self._session.get_outputs()}
        if inputs != ["waveform", "lengths"] or list(outputs) != ["probabilities", "embedding", *self.header.numbers]:
            raise DamageError("its inputs and outputs are not those of a recognizer")
        if len(outputs["probabilities"]) != 2 or outputs["probabilities"][1] != len(labels):
            raise DamageError(f"it names {len(labels)} labels, and has another number of probabilities")

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels."""
        return tuple(self.header.labels)

    @property
    def audio(self) -> AudioSettings:
        """The rate that it hears; trimming and levelling are in the graph."""
        return AudioSettings(rate=self.header.rate)

    @property
    def adaptive(self) -> bool:
        """It hears each recording alone."""
        return False

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """What is known of the temperature, which is in the graph."""
        return self.header.calibration

    @property
    def upstream(self) -> Path | None:
        """None: what there is of one is in the graph."""
        return None

    def inputs_of(self, samples: Samples, name: Path | str) -> Inputs:
        """The samples, once they are known to be some, and not too many."""
        refuse_no_sound(samples, name)
        longest = self.header.longest
        if longest is not None and len(samples) > longest:
            problem = (
                f"has {len(samples) / self.header.rate:.1f} s, and this graph hears {longest / self.header.rate:g}"
            )
            raise AudioError(name, problem, "Cut it into parts.")
        return samples

    def answer(self, heard: Sequence[Inputs], *, one_speaker: bool = False) -> Answers:
        """What the graph says of a batch."""
        if one_speaker:
            raise RunError("this graph hears each recording alone. Leave out --voice.")
        lengths = np.array([len(own) for own in heard], dtype=np.int64)
        waves = np.zeros((len(heard), int(lengths.max())), dtype=np.float32)
        for row, own in enumerate(heard):
            waves[row, : len(own)] = own
        probabilities, embeddings, *numbers = self._session.run(None, {"waveform": waves, "lengths": lengths})
        probabilities = probabilities.astype(np.float64)
        named = {name: own.astype(np.float64) for name, own in zip(self.header.numbers, numbers, strict=True)}
        return Answers(probabilities / probabilities.sum(1, keepdims=True), embeddings, named)

    def save(self, place: Path) -> None:
        """Copy the file.

        Raises:
            RunError: there is one.
        """
        if place.exists():
            raise RunError(f"{place} is there already. Choose another name.")
        shutil.copyfile(self.file, place)


def _refused(file: Path, problem: Exception) -> RunError:
    return RunError(f"{file}: not a recognizer of `unheard export`, or a damaged one ({problem}). {_MEND}")


def _threads() -> int:
    """As many as OMP_NUM_THREADS says, which onnxruntime does not read itself; 0 leaves it the choice."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdigit() else 0
