"""What the parts cost, in one run on one core, each beside a peer or a floor, so that the ratios hold anywhere.

    python benchmarks/speed.py                 # a table
    python benchmarks/speed.py --json FILE     # the rows for docs/results.md

Seconds are of the process's own processor time, so that a busy machine changes little.
"""

import argparse
import io
import resource
import time
from collections.abc import Callable
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import torch
from kept import keep
from matplotlib.figure import Figure

from unheard.data.audio.perturbation import Perturbation
from unheard.features import functionals, logmel, mfcc
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.registry import load
from unheard.reports.figures.area import Area, Margins
from unheard.reports.figures.sheet import Sheet
from unheard.reports.figures.style import house_style
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import AugmentationSettings, TrainingSettings

RATE, SECONDS = 16_000, 30
COMMAND = "python benchmarks/speed.py"


def cost(work: Callable[[], object], repeats: int = 5) -> float:
    """Median processor seconds of one call, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return float(np.median(times))


def kaldi(samples: np.ndarray) -> None:
    """The peer of log-mel: the same frames and bands in C++."""
    options = knf.FbankOptions()
    options.frame_opts.dither = 0.0
    options.mel_opts.num_bins = 80
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(RATE, samples.tolist())
    fbank.input_finished()
    for frame in range(fbank.num_frames_ready):
        fbank.get_frame(frame)


def features() -> list[tuple[str, str]]:
    """Times real time of each feature on 30 s of speech-like noise."""
    generator = np.random.default_rng(0)
    samples = (0.1 * generator.standard_normal(RATE * SECONDS)).astype(np.float32)
    peer = cost(lambda: kaldi(samples))
    rows = [("kaldi-native-fbank, 80 bands (peer)", f"{SECONDS / peer:.0f} x real time")]
    jobs: list[tuple[str, Callable[[], object]]] = [
        ("log-mel, 80 bands", lambda: logmel.extract(samples, RATE, logmel.Settings())),
        ("MFCC, 40 coefficients", lambda: mfcc.extract(samples, RATE, mfcc.Settings())),
        ("utterance functionals", lambda: functionals.extract(samples, RATE, functionals.Settings())),
        ("speed perturbation", lambda: Perturbation(speed=1.1).apply(samples, RATE)),
        ("pitch perturbation", lambda: Perturbation(semitones=2.0).apply(samples, RATE)),
    ]
    for name, work in jobs:
        seconds = cost(work)
        rows.append((name, f"{SECONDS / seconds:.0f} x real time, {peer / seconds:.1f} x the peer"))
    return rows


def made_corpus(speakers: int = 16, each: int = 54) -> Dataset:
    """As large as one RAVDESS fold: 864 utterances of about 2 s at 30 ms."""
    generator = np.random.default_rng(0)
    count = speakers * each
    frames = [
        [generator.standard_normal((int(length), 40)).astype(np.float32)]
        for length in generator.integers(45, 95, count)
    ]
    columns = {"emotion": np.arange(count) % 8, "speaker": np.arange(count) // each}
    return Dataset(tuple(map(str, range(count))), frames, columns, 0.03)


def training() -> list[tuple[str, str]]:
    """Seconds an epoch of each objective, beside the floor: the same multiplications and nothing else."""
    data = made_corpus()
    masks = AugmentationSettings(frequency_masks=2, time_masks=2)
    settings = TrainingSettings(augmentation=masks, epochs=1000)
    rows, plain = [], 0.0
    for name in ("plain", "dat", "cgt"):
        module = load("objectives", name)
        own = module.Settings()
        model = build_model(40, {"emotion": 8, "speaker": 16}, ModelSettings())
        trainer = Trainer(model, module.Objective(own, {}), data, data.subset(range(32)), settings, seed=0)
        trainer.history = [{}] * 400  # past the warm-up, where the adversary's weight is not 0
        seconds = cost(lambda trainer=trainer: trainer._epoch(401), repeats=3)  # noqa: SLF001 (one epoch and no more)
        plain = plain or seconds
        rows.append(
            (f"an epoch of {name}, {len(data)} utterances", f"{seconds:.2f} s, {seconds / plain:.1f} x plain")
        )
    floor = trainer.steps * cost(multiplications)
    rows.insert(0, ("the same multiplications alone (floor)", f"{floor:.2f} s, {floor / plain:.2f} x plain"))
    return rows


def multiplications() -> None:
    """The matrix products of one step of the default TDNN-LSTM, forwards and backwards."""
    shapes = [(32 * 35, 200, 128), (32 * 18, 384, 128), (32 * 18, 384, 128), (32 * 18, 128, 128)]
    shapes += [(32 * 18, 192, 256)] * 2
    for rows, inner, outer in shapes:
        left, right = torch.ones(rows, inner), torch.ones(inner, outer)
        for _ in range(3):
            left @ right


EPOCHS = tuple(float(epoch) for epoch in range(1, 41))
CURVES = tuple(tuple(1 - 0.9 ** (epoch + 3 * place) for epoch in EPOCHS) for place in range(3))


def plain_figure() -> None:
    """The peer of a figure: three curves, numbers and a title at each axis, as matplotlib draws them unasked."""
    figure = Figure(figsize=(5.1, 2.5))
    axes = figure.add_subplot()
    for ys in CURVES:
        axes.plot(EPOCHS, ys)
    axes.grid(axis="y")
    axes.set(xlabel="epoch", ylabel="UAR")
    figure.savefig(io.BytesIO(), format="svg")


@house_style()
def page_figure() -> None:
    """The same as a page shows it, with marks and hover titles."""
    sheet = Sheet(368, 180)
    area = Area(sheet, (EPOCHS[0], EPOCHS[-1]), (0.0, 1.0), Margins())
    area.scale_x("epoch", whole=True)
    area.scale_y("UAR")
    for place, ys in enumerate(CURVES):
        area.mean_line(EPOCHS, ys, place, len(CURVES))
        area.marks([(EPOCHS[-1], ys[-1])], [place], [f"{ys[-1]:.3f}"])
    sheet.drawing("Three curves", "made up").__html__()


def figures() -> list[tuple[str, str]]:
    """Processor seconds of one figure of a report, beside the same by matplotlib alone."""
    peer, seconds = cost(plain_figure, repeats=15), cost(page_figure, repeats=15)
    return [
        ("a figure of three curves, matplotlib's own (peer)", f"{1000 * peer:.0f} ms"),
        ("the same figure on a page of ours", f"{1000 * seconds:.0f} ms, {seconds / peer:.1f} x the peer"),
    ]


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [*features(), *training(), *figures()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(("peak memory of this benchmark", f"{peak:.0f} MB"))
    for what, value in rows:
        print(f"{what:50} {value}")
    if options.json:
        keep(options.json, rows=[{"what": what, "value": value, "command": COMMAND} for what, value in rows])


if __name__ == "__main__":
    main()
