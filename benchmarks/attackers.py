"""The panel of probes beside attackers that anybody has, on the embeddings of a finished run.

    python benchmarks/attackers.py runs/gat2022-ravdess                    # seed 0, all folds
    python benchmarks/attackers.py runs/gat2022-ravdess --json FILE        # the rows for docs/results.md

Balanced accuracy for the speaker on withheld utterances, the mean over folds by how many were withheld.
scikit-learn's attackers are fitted to the same train items, scaled by them, with no choice inside: the best of some
rows is the luckiest, as it is for whoever tries them.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from kept import keep
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from unheard.leakage.closed_set import probe_closed_set
from unheard.leakage.probe_kinds import KINDS, TITLES
from unheard.metrics import uar
from unheard.probing.sources import Probing, open_run, probings_of

ATTACKERS = {
    "scikit-learn MLP, 256 units": lambda: MLPClassifier((256,), max_iter=300, random_state=0),
    "scikit-learn SVC, C = 1": lambda: SVC(C=1.0),
    "scikit-learn SVC, C = 10": lambda: SVC(C=10.0),
    "scikit-learn SVC, C = 100": lambda: SVC(C=100.0),
    "scikit-learn kNN, 5, cosine": lambda: KNeighborsClassifier(5, metric="cosine"),
}


def of_fold(probing: Probing) -> tuple[dict[str, float], int]:
    """Balanced accuracy of each attacker on one fold, and how many utterances were asked."""
    embeddings, speakers = probing.embed(), probing.items.column("speaker")
    train, withheld = probing.items.of("train"), probing.items.of("withheld")
    parts = (embeddings[train], speakers[train], embeddings[withheld], speakers[withheld])
    scores = probe_closed_set(*parts, seed=probing.seed)
    found = {TITLES[kind]: scores[kind] for kind in KINDS}
    scaler = StandardScaler().fit(parts[0])
    names, truth = np.unique(parts[1]), np.searchsorted(np.unique(parts[1]), parts[3])
    for title, make in ATTACKERS.items():
        model = make().fit(scaler.transform(parts[0]), np.searchsorted(names, parts[1]))
        found[title] = uar.score(truth, model.predict(scaler.transform(parts[2])), classes=names.size)
    return found, len(withheld)


def main() -> None:
    """One row an objective and attacker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    run = open_run(asked.run)
    rows = []
    for label in run.result.objectives:
        probings = [one[0] for one in probings_of(run, [label], run.result.seeds[:1])]
        found, weights = zip(*(of_fold(probing) for probing in probings), strict=True)
        for title in found[0]:
            mean = float(np.average([own[title] for own in found], weights=weights))
            rows.append({"objective": label, "attacker": title, "accuracy": round(mean, 3)})
            print(f"{label:24s} {title:30s} {mean:.3f}", flush=True)
    if asked.json:
        keep(asked.json, command=f"python benchmarks/attackers.py runs/{asked.run.name}", rows=rows)


if __name__ == "__main__":
    main()
