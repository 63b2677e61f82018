"""The kinds of fresh probes, by name: what measures, summarizes and shows them reads this list."""

from unheard.schemas.leakage import ProbeKind

__all__ = ["KINDS", "TITLES"]

KINDS: tuple[ProbeKind, ...] = ("linear", "mlp", "svm", "knn")
"""Softmax regression, networks with one hidden layer, a support vector machine with a Gaussian kernel, and nearest
neighbors by cosine."""
TITLES: dict[ProbeKind, str] = {"linear": "linear", "mlp": "MLP", "svm": "SVM", "knn": "kNN"}
"""Kind -> what it is called in a table."""
