"""A small emotional corpus that speaks itself: many synthetic voices, emotions by prosody rules, two languages.

The voices are no people and their emotions are rules (`prosody.toml` names the sources), so results on it show that
everything works, and nothing else. What makes it worth training on: speakers differ in pitch, level, tempo and
timbre by more than emotions do, so that only what is relative to the voice carries over to a new one.
"""

import csv
import dataclasses
import hashlib
import importlib.resources
import io
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal
import soundfile
import soxr

from unheard.errors import SettingsError
from unheard.files import aside
from unheard.processes import side_by_side
from unheard.records import Hertz, Samples
from unheard.testing._espeak import Engine, Voice

__all__ = ["Clip", "Speaker", "plan_clips", "speak_corpus"]

_RATE: Hertz = 16_000
_FORMAT = 2  # to be raised whenever the same settings give other recordings
# Without breath: f2, f3, f5 and Alicia breathe, and never sound the same twice (see Engine).
_VARIANTS = {
    "f": ("f1", "f4", "Annie", "grandma", "Andrea", "aunty", "linda", "anika", "belinda", "steph"),
    "m": ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "adam", "boris", "david", "ed", "john", "max", "paul"),
}
_SEMITONES_A_STEP = 0.35
"""How far one step of espeak's base pitch (0 to 100) moves the voice, about."""


@dataclass(frozen=True)
class Speaker:
    """A synthetic person: what stays the same whatever is felt.

    Args:
        name: 'v00', 'v01', ...
        gender: 'f' or 'm'.
        language: 'en' or 'de'.
        variant: espeak's voice variant.
        pitch: base pitch in espeak's steps.
        rate: words a minute.
        level: in decibels.
        tilt: -1 (dark) to 1 (bright).
        tract: factor on all formants, and on the pitch with them.
    """

    name: str
    gender: str
    language: str
    variant: str
    pitch: float
    rate: float
    level: float
    tilt: float
    tract: float


@dataclass(frozen=True)
class Clip:
    """One recording to be spoken."""

    speaker: Speaker
    emotion: str
    sentence: int
    text: str
    repetition: int

    @property
    def file(self) -> str:
        """Its name inside the corpus."""
        return f"{self.speaker.name}/{self.speaker.name}-{self.emotion}-{self.sentence}-{self.repetition}.wav"


def _rules() -> dict[str, Any]:
    text = importlib.resources.files(__package__).joinpath("prosody.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _speakers(voices: int, languages: Sequence[str], generator: np.random.Generator) -> list[Speaker]:
    """Voices that differ: each variant comes once before one comes twice."""
    speakers = []
    for number in range(voices):
        gender = "fm"[number % 2]
        variants = _VARIANTS[gender]
        speakers.append(
            Speaker(
                name=f"v{number:02d}",
                gender=gender,
                language=languages[number // 2 % len(languages)],
                variant=variants[number // 2 % len(variants)],
                pitch=float(generator.uniform(30, 65)),
                rate=float(generator.uniform(145, 195)),
                level=float(generator.uniform(-6, 6)),
                tilt=float(generator.uniform(-0.35, 0.35)),
                tract=float(generator.uniform(0.92, 1.08)),
            )
        )
    return speakers


def plan_clips(  # noqa: PLR0913 (the knobs of the corpus)
    *,
    voices: int = 16,
    sentences: int = 6,
    languages: Sequence[str] = ("en", "de"),
    emotions: Sequence[str] = ("neutral", "happiness", "sadness", "anger"),
    repetitions: int = 1,
    dependence: float = 0.0,
    seed: int = 0,
) -> list[Clip]:
    """What is to be spoken, without speaking it.

    Args:
        voices: speakers, half female; each speaks one language.
        sentences: of each language, 1 to 6.
        languages: of 'en' and 'de'.
        emotions: of those in `prosody.toml`.
        repetitions: of each sentence in each emotion.
        dependence: 0: every voice has every emotion equally often, I(emotion; speaker) = 0; 1: every voice has
            one emotion only; between: that share of a voice's other clips takes its one emotion. All voices keep
            the same number of clips. Gender and language tell nothing of it, if voices are a multiple of
            2 x languages x emotions (as the default is).
        seed: of everything random.

    Raises:
        SettingsError: a number is out of range, or a name is not known.
    """
    rules = _rules()
    _check("voices", voices, 2, 200)
    _check("sentences", sentences, 1, 6)
    _check("repetitions", repetitions, 1, 100)
    _check("dependence", dependence, 0, 1)
    _check("seed", seed, 0, 2**63)
    _known("emotions", emotions, [name for name in rules if name != "sentences"])
    _known("languages", languages, list(rules["sentences"]))
    generator = np.random.default_rng(seed)
    clips = []
    for number, speaker in enumerate(_speakers(voices, languages, generator)):
        texts = rules["sentences"][speaker.language][:sentences]
        # A Latin square: gender and language repeat after 2 x languages voices, and then the emotions are one ahead.
        favorite = (number + number // (2 * len(languages))) % len(emotions)
        felt = _felt(sentences * repetitions, len(emotions), favorite, dependence, generator)
        # What a slot turns into needs a name of its own: repetitions are counted anew for each emotion.
        counts: dict[tuple[int, int], int] = {}
        for position, emotion in np.ndindex(felt.shape):
            sentence, chosen = position // repetitions, int(felt[position, emotion])
            repetition = counts.get((chosen, sentence), 0)
            counts[chosen, sentence] = repetition + 1
            clips.append(Clip(speaker, emotions[chosen], sentence, texts[sentence], repetition))
    return clips


def _felt(
    prompts: int, emotions: int, favorite: int, dependence: float, generator: np.random.Generator
) -> np.ndarray:
    """The emotion of each of a voice's clips, shape (prompts, emotions): its own in a share of the others' places.

    Places are taken from the other emotions in turn, so that these stay balanced whatever the share.
    """
    felt = np.tile(np.arange(emotions), (prompts, 1))
    orders = [generator.permutation(prompts) for _ in range(emotions)]
    others = [(favorite + step) % emotions for step in range(1, emotions)]
    places = [(int(orders[other][turn]), other) for turn in range(prompts) for other in others]
    for place in places[: round(dependence * len(places))]:
        felt[place] = favorite
    return felt


def _check(key: str, value: float, low: int, high: int) -> None:
    whole = key == "dependence" or isinstance(value, int | np.integer)
    if not whole or not low <= value <= high:
        kind = "a number" if key == "dependence" else "a whole number"
        raise SettingsError("the spoken corpus", key, f"expected {kind} from {low} to {high} (came: {value})")


def _known(key: str, given: Sequence[str], known: Sequence[str]) -> None:
    if not given or not set(given) <= set(known) or len(set(given)) != len(given):
        problem = f"expected some of {', '.join(known)}, each once (came: {list(given)})"
        raise SettingsError("the spoken corpus", key, problem)


def _render(engine: Engine, clip: Clip, rule: dict[str, float], generator: np.random.Generator) -> Samples:
    """Speak one clip: the speaker's own ways, moved by the emotion, each a little differently every time."""
    speaker = clip.speaker

    def about(value: float, wobble: float) -> float:
        return value + float(generator.normal(0.0, wobble))

    pitch = speaker.pitch + about(rule["pitch"], 0.8) / _SEMITONES_A_STEP
    voice = Voice(
        name=f"{speaker.language}+{speaker.variant}",
        rate=float(np.clip(speaker.rate * about(rule["rate"], 0.06) / speaker.tract, 80, 450)),
        pitch=float(np.clip(pitch, 0, 100)),
        range=float(np.clip(50 * about(rule["range"], 0.15), 0, 100)),
    )
    samples = engine.speak(clip.text, voice)
    samples = soxr.resample(samples, engine.rate * speaker.tract, _RATE)
    tilt = float(np.clip(speaker.tilt + about(rule["tilt"], 0.1), -0.9, 0.9))
    samples = scipy.signal.lfilter([1.0, -tilt], [1.0], samples)
    level = -26.0 + 0.5 * speaker.level + about(rule["level"], 1.0)
    samples = samples * 10 ** (level / 20) / max(float(np.sqrt(np.mean(samples**2))), 1e-6)
    noise = 10 ** (-62 / 20) * generator.standard_normal(len(samples))
    peak = float(np.abs(samples + noise).max())
    return np.asarray((samples + noise) * min(1.0, 0.99 / peak), dtype=np.float32)


def _write_aside(content: bytes, file: Path) -> None:
    with aside(file) as beside:
        beside.write_bytes(content)


def _table(clips: Sequence[Clip]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["file", "speaker", "gender", "language", "emotion", "sentence", "transcript"])
    for clip in clips:
        speaker = clip.speaker
        sentence = f"{speaker.language}{clip.sentence + 1}"
        writer.writerow(
            [clip.file, speaker.name, speaker.gender, speaker.language, clip.emotion, sentence, clip.text]
        )
    return stream.getvalue().encode()


def _claim(folder: Path, digest: str) -> None:
    """Refuse a folder that holds another corpus, or a table that is not ours."""
    mark, table = folder / "corpus.json", folder / "corpus.csv"
    if mark.exists():
        try:
            held = json.loads(mark.read_text(encoding="utf-8"))["digest"]
        except (ValueError, KeyError, TypeError):
            held = ""
        if held != digest:
            problem = "holds a spoken corpus of other settings. Remove it, or choose another folder"
            raise SettingsError(str(folder), "", problem)
    elif table.exists():
        raise SettingsError(str(table), "", "is not of a spoken corpus, and is kept. Choose another folder")


def _speak(file: Path, clip: Clip, rule: dict[str, float], seed: tuple[int, int]) -> None:
    """One recording, unless it is there; a file is whole or not there."""
    if file.exists():
        return
    file.parent.mkdir(exist_ok=True)
    with Engine() as engine:
        samples = _render(engine, clip, rule, np.random.default_rng(seed))
    stream = io.BytesIO()
    soundfile.write(stream, samples, _RATE, format="WAV", subtype="PCM_16")
    _write_aside(stream.getvalue(), file)


def speak_corpus(
    folder: Path, *, progress: Callable[[int, int], None] | None = None, seed: int = 0, jobs: int = 1, **plan: Any
) -> Path:
    """Speak a corpus into a folder, or what of it is missing there; the same settings give the same samples.

    Args:
        folder: where to. One that holds another corpus, or a table that is not ours, is refused.
        progress: called with (done, total).
        seed: of voices and everything random.
        jobs: processes that speak at once; changes no sample.
        plan: see `plan_clips`.

    Returns:
        The table `corpus.csv` (file, speaker, gender, language, emotion, sentence, transcript), which the corpus
        `table` reads. Recordings are 16 kHz mono WAV.

    Raises:
        MissingExtraError: the extra `demo` is not installed.
        SettingsError: see `plan_clips`; or the folder holds something else.
    """
    clips, rules = plan_clips(seed=seed, **plan), _rules()
    _check("jobs", jobs, 1, 1024)
    planned = [dataclasses.asdict(clip) for clip in clips]  # not `plan`: a default that is spelt out changes nothing
    digest = hashlib.sha256(json.dumps([_FORMAT, seed, planned, rules], sort_keys=True).encode()).hexdigest()
    _claim(folder, digest)
    folder.mkdir(parents=True, exist_ok=True)
    _write_aside(json.dumps({"digest": digest, "seed": seed, **plan}).encode(), folder / "corpus.json")
    tasks = ((folder / clip.file, clip, rules[clip.emotion], (seed, i)) for i, clip in enumerate(clips))
    for done, _ in enumerate(side_by_side(_speak, tasks, jobs=jobs, ordered=False), start=1):
        if progress is not None:
            progress(done, len(clips))
    _write_aside(_table(clips), folder / "corpus.csv")
    return folder / "corpus.csv"
