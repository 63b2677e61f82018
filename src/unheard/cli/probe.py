"""`unheard probe`: what is left of the speaker in embeddings, of a run or of anyone's."""

import os
from pathlib import Path
from typing import Annotated

import typer

from unheard.cli._options import CacheOption

__all__ = ["probe"]


def probe(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|TABLE", help="A folder of `unheard run`, or embeddings as .npz or CSV.")
    ],
    objective: Annotated[
        list[str] | None, typer.Option("--objective", metavar="LABEL", help="Of a run: only this one; repeatable.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Of a run: first, all, or numbers: 0,2.")] = "first",
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="Of a run: where its corpus lies now.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.json", help="Also write every figure here.")
    ] = None,
    erase: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Erase at most K directions of the speaker; default all.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Folds that are probed at once; one thread each.")] = os.cpu_count()
    or 1,
    cache: CacheOption = None,
) -> None:
    """Measure what frozen embeddings still hold of the speaker, gender, language, corpus and sentence.

    Fresh probes on utterances (and sentences, and speakers) held out from them, verification of voices never heard,
    code length, and what erasing the speaker takes from the emotion; beside chance, raw features, an untrained
    encoder, weight 0 and the floor of a perfect emotion code. A run keeps the figures as probes.json, and its
    report.html is written anew with them.

    Examples:

      unheard probe runs/ravdess

      unheard probe runs/ravdess --objective dat --seeds all --out dat.json

      unheard probe embeddings.npz --out leakage.json
    """
    if out is not None and out.suffix.lower() != ".json":
        raise typer.BadParameter(f"'{out}' does not end in .json", param_hint="--out")
    # Only now: probes need torch, and help does not.
    from unheard.cli._probing import ProbeRequest, probe_source

    probe_source(source, ProbeRequest(tuple(objective or ()), seeds, corpus, erase), out, jobs=jobs, cache=cache)
