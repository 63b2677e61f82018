"""Tables of embeddings, as archives and as text."""

from pathlib import Path

import numpy as np
from mutators import damage_bytes, damage_text, together
from subject import Subject

from unheard.probing.embedding_tables import read_table


def _archives(folder: Path) -> list[Path]:
    generator = np.random.default_rng(0)
    arrays = {"embeddings": generator.standard_normal((30, 4)), "speaker": np.repeat(["a", "b", "c"], 10)}
    np.savez(folder / "plain.npz", **arrays)
    np.savez_compressed(folder / "packed.npz", **arrays, emotion=np.tile(["joy", "fear"], 15))
    return [folder / "plain.npz", folder / "packed.npz"]


def _tables(folder: Path) -> list[Path]:
    lines = ["speaker,emotion,e0,e1"]
    lines += [f"{'ab'[number % 2]},joy,{number / 7:.3f},{-number}" for number in range(20)]
    (folder / "table.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [folder / "table.csv"]


def _bytes(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    content, done = damage_bytes(original.read_bytes(), generator)
    (folder / f"damaged-{original.name}").write_bytes(content)
    return folder / f"damaged-{original.name}", done


def _text(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    content, done = damage_text(original.read_text(encoding="utf-8"), generator)
    (folder / f"damaged-{original.name}").write_bytes(content)
    return folder / f"damaged-{original.name}", done


def _read(file: Path, done: str) -> None:
    for embeddings, items in read_table(file).values():
        assert np.isfinite(embeddings).all()
        assert len(embeddings) == len(items)


_KINDS = [
    Subject("archive", "documents", _archives, _bytes, _read),
    Subject("table", "documents", _tables, _text, _read),
]
SUBJECTS = [together("tables", _KINDS)]
