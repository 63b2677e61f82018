"""What lies in the folder of a run: its result, what stands beside it, its jobs and its settings."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from mutators import damage_bytes, damage_json, damage_text, together, unsaid
from subject import Subject

sys.path.append(str(Path(__file__).parents[2]))
from experiment.made_jobs import leakage, training
from reports.conftest import made_result
from reports.made_probes import made_probes, made_protocols, made_sweep
from unheard.data.folds.plan import Fold
from unheard.documents import sealed
from unheard.errors import RunError
from unheard.experiment.job import Job
from unheard.experiment.job_result import Groups, write_job_result
from unheard.experiment.saved_settings import read_settings
from unheard.reports.documents.run_folder import read_evidence
from unheard.reports.pages.model_card import render_card
from unheard.reports.pages.report import render, write_run_report
from unheard.reports.pages.sweep import write_sweep_page
from unheard.results.comparison import compared, read_systems
from unheard.results.files import read_result, write_record
from unheard.schemas.result import Result
from unheard.sweeps.sweep import read_sweep

KEPT = Path(__file__).parents[3] / "docs" / "results"
NAME = "gat2022-emodb"
RECIPE = Path(__file__).parents[3] / "recipes" / "tu2019-emodb.toml"


def _copies(names: dict[str, str], folder: Path) -> list[Path]:
    for kept, name in names.items():
        shutil.copy(KEPT / kept, folder / name)
    return [folder / name for name in names.values()]


def _results(folder: Path) -> list[Path]:
    (folder / "whole").mkdir(exist_ok=True)
    write_record(Result.model_validate(made_result()), folder / "whole" / "result.json")
    return [*_copies({f"{NAME}.json": "result.json"}, folder), folder / "whole" / "result.json"]


def _pieces(folder: Path) -> list[Path]:
    made = Result.model_validate(made_result())
    pieces = {
        "probes.json": made_probes(made),
        "sweep.json": made_sweep(made),
        "inflation.json": made_protocols(made),
    }
    for name, piece in pieces.items():
        write_record(piece, folder / name)
    return [folder / name for name in pieces]


def _tables(folder: Path) -> list[Path]:
    result = read_result(KEPT / f"{NAME}.json")
    lines, generator = ["objective,file,speaker,fold,seed,truth,prediction"], np.random.default_rng(0)
    for label in result.objectives:
        for seed in result.split.digest:
            for clip in range(40):
                truth, told = result.classes[clip % len(result.classes)], generator.choice(result.classes)
                lines.append(f"{label},clip{clip},v{clip % 5},a,{seed},{truth},{told}")
    (folder / "predictions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [folder / "predictions.csv"]


def _jobs(folder: Path) -> list[Path]:
    rows = [[f"clip{number}", [0.25, 0.75]] for number in range(5)]
    groups = Groups(train=["a"], withheld=[], unseen=["b"])
    job = training(rows, rows, history=[{"epoch": 1.0}], leakage=leakage(linear=0.5), groups=groups)
    write_job_result(job, folder / "job.json")
    return [folder / "job.json"]


def _settings(folder: Path) -> list[Path]:
    shutil.copy(RECIPE, folder / "settings.toml")
    return [folder / "settings.toml"]


def _fresh(original: Path, folder: Path) -> Path:
    shutil.rmtree(folder / "run", ignore_errors=True)
    (folder / "run").mkdir()
    return folder / "run" / original.name


def _json(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    file, content = _fresh(original, folder), original.read_bytes()
    if generator.random() < 0.3:
        content, done = damage_bytes(content, generator)
    else:
        document = json.loads(content)
        document.pop("digest", None)  # as an older version, so that damage is not found by that alone
        text, done = damage_json(json.dumps(document), generator)
        content = text.encode("utf-8", "surrogatepass")
    file.write_bytes(content)
    return file, done


def _sealed_json(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    """Damage that no digest tells of: what can still be parsed gets a new one."""
    file, done = _json(original, folder, generator)
    try:
        document = json.loads(file.read_bytes())
        file.write_text(json.dumps(sealed(document)), encoding="utf-8")
    except (ValueError, AttributeError, RecursionError):
        return file, done
    return file, done


def _text(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    file = _fresh(original, folder)
    content, done = damage_text(original.read_text(encoding="utf-8"), generator)
    file.write_bytes(content)
    return file, done


def _read_result(file: Path, done: str) -> None:
    assert render_card(read_result(file))
    assert write_run_report(file.parent).stat().st_size
    if not (file.parent / "predictions.csv").exists():
        _tables(file.parent)
    try:
        systems = read_systems(file.parent)
        assert len(systems) < 2 or compared(systems)
    except RunError as problem:
        if "predictions.csv" not in str(problem):  # whose lines are those of the whole result
            raise


def _read_piece(file: Path, done: str) -> None:
    result = Result.model_validate(made_result())
    shown = read_evidence(file.parent, result)
    assert render(result, shown)
    if file.name == "sweep.json":
        write_sweep_page(read_sweep(file), file.parent / "sweep.html")


def _read_table(file: Path, done: str) -> None:
    _copies({f"{NAME}.json": "result.json"}, file.parent)
    read_systems(file.parent)


def _read_job(file: Path, done: str) -> None:
    with unsaid():
        found = Job("plain", 0, Fold("a", (), (), (), ()), file.parent, "x").result()
    assert found is not None or not file.exists() or done != "nothing"


_KINDS = [
    Subject("result", "documents", _results, _sealed_json, _read_result),
    Subject("beside", "documents", _pieces, _sealed_json, _read_piece),
    Subject("predictions", "documents", _tables, _text, _read_table),
    Subject("job", "documents", _jobs, _sealed_json, _read_job),
    Subject("settings", "documents", _settings, _text, lambda file, done: read_settings(file.parent)),
]
SUBJECTS = [together("results", _KINDS)]
