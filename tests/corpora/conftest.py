"""Trees of empty files named as the owners name them."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., Path]:
    """Make files under a fresh folder: names for empty ones, keywords by dict for text."""

    def make(*names: str, texts: dict[str, str] | None = None) -> Path:
        for name, text in {**dict.fromkeys(names, ""), **(texts or {})}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path

    return make
