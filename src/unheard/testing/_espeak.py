"""espeak-ng through ctypes: text to samples, in this process, without a sound device.

The engine (GPL-3) is a separate shared library that the wheel `espeakng-loader` brings; nothing is linked.
"""

import _ctypes
import ctypes
import functools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from unheard.errors import MissingExtraError, RunError
from unheard.records import Hertz, Samples

__all__ = ["Engine", "Voice"]

_SYNCHRONOUS, _UTF8, _POSITION_CHARACTER = 2, 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_DONT_EXIT = 0x8000  # or the engine ends the whole process where it cannot read its data
_LONGEST_PATH = 150  # bytes; the engine keeps its path in 160 and silently looks elsewhere beyond that
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True)
class Voice:
    """How a text is to be spoken.

    Args:
        name: espeak's language and variant, e.g. 'en+f2'.
        rate: words a minute, 80 to 450.
        pitch: espeak's base pitch, 0 to 100.
        range: espeak's pitch range, 0 (monotone) to 100.
    """

    name: str
    rate: float
    pitch: float
    range: float


@functools.cache
def _shortcut(data: str) -> tuple[str, tempfile.TemporaryDirectory[str] | None]:
    """A path to the data that the engine can hold, and the folder that keeps it until this process ends."""
    if len(os.fsencode(data)) <= _LONGEST_PATH:
        return data, None
    folder = tempfile.TemporaryDirectory(prefix="unheard-")
    link = Path(folder.name) / Path(data).name
    try:
        link.symlink_to(data, target_is_directory=True)
    except OSError as problem:
        raise RunError(
            f"{data}: espeak-ng cannot use a path longer than {_LONGEST_PATH} bytes, and no link to it can be made. "
            "Install into a folder with a shorter path."
        ) from problem
    return str(link), folder


class Engine:
    """A fresh engine; to be closed after use.

    espeak-ng keeps state from one utterance to the next (its flutter and noise go on), so that the same text sounds
    different the second time. A fresh copy of the library for each recording makes it a function of its arguments;
    loading one takes about 10 ms. That does not hold for variants whose file has a line `breath`: these still differ
    from time to time.

    Raises:
        MissingExtraError: the extra `demo` is not installed.
        RunError: the engine does not start.
    """

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as problem:
            raise MissingExtraError("espeakng-loader", "demo") from problem
        self._library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        data, _ = _shortcut(str(espeakng_loader.get_data_path()))
        self.rate: Hertz = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, os.fsencode(data), _DONT_EXIT))
        if self.rate <= 0:
            self._unload()
            raise RunError("espeak-ng does not start. Reinstall it: pip install --force-reinstall espeakng-loader")
        self._chunks: list[np.ndarray] = []
        self._callback = _CALLBACK(self._collect)  # kept, or ctypes would free it under the engine's feet
        self._library.espeak_SetSynthCallback(self._callback)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._library.espeak_Terminate()
        self._unload()

    def _unload(self) -> None:
        unload = getattr(_ctypes, "dlclose" if os.name == "posix" else "FreeLibrary")
        unload(self._library._handle)  # noqa: SLF001 (ctypes has no public way to unload)

    def _collect(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: int | None) -> int:
        del events
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def speak(self, text: str, voice: Voice) -> Samples:
        """The text as samples, shape (samples,), float32 in [-1, 1], at `rate` hertz.

        Raises:
            RunError: the engine has no such voice, or says nothing.
        """
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise RunError(f"espeak-ng has no voice '{voice.name}'. Reinstall espeakng-loader.")
        for parameter, value in ((_RATE, voice.rate), (_PITCH, voice.pitch), (_RANGE, voice.range)):
            self._library.espeak_SetParameter(parameter, round(value), 0)
        self._chunks.clear()
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._chunks:
            raise RunError(f"espeak-ng says nothing for '{text}' as '{voice.name}'. Reinstall espeakng-loader.")
        return (np.concatenate(self._chunks) / 32768.0).astype(np.float32)
