"""What pages, cards and figures call things, and how they show what is not known."""

__all__ = ["NOT_KNOWN", "REFERENCE_TITLES"]

NOT_KNOWN = "–"  # noqa: RUF001 (a dash in a table)
"""What stands where a value is missing."""
REFERENCE_TITLES = {
    "chance": "chance",
    "emotion_code": "emotion code",
    "untrained": "untrained",
    "raw_features": "raw features",
}
"""What leakage is held against in a figure: field of `References` -> its short name."""
