"""`unheard export`: a recognizer as one ONNX file."""

from pathlib import Path
from typing import Annotated

import typer

from unheard.cli._options import DownloadOption
from unheard.cli._terminal import console

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="A folder of `unheard run`, or one of its weights.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.onnx", help="Where to.")],
    objective: Annotated[
        str | None, typer.Option(help="Which objective's models; needed if there are several.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Leave the temperature aside.")] = False,
    upstream: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The pretrained upstream, where it is not where the models' files say."),
    ] = None,
    download: DownloadOption = False,
) -> None:
    """Write a recognizer as one ONNX file: waveform in, probabilities and embedding out, without PyTorch.

    The features are inside the graph; batch and length are free. The file is compared with the models on made sounds
    of several lengths, and is not written where it differs by more than 1e-4. Several models (folds, seeds) are one
    graph, which answers with their mean.

    Examples:

      unheard export runs/ravdess --objective dat --out dat.onnx

      unheard export runs/ravdess/weights/dat-seed0-fold1.safetensors --out small.onnx

      unheard predict dat.onnx clip.wav
    """
    # Only now: models need torch, and help does not.
    from unheard.inference.export.writing import export as write
    from unheard.inference.networks import load_networks

    networks = load_networks(run, objective, raw=raw, download=download, upstream=upstream)
    largest = write(networks, out)
    size = out.stat().st_size / 1e6
    console.say(f"{out}: {len(networks.models)} models, {size:.2f} MB; differs from them by {largest:.1e} at most")
