"""The house's floors: a module imports only from floors below its own; and its public names."""

import ast
from pathlib import Path

import limner

SOURCE = Path(limner.__file__).parent

FLOORS = [
    {"errors"},
    {"attention", "config", "distributions", "files", "interrupt", "parallel", "strokes", "words"}
    | {"distributed", "initialisers", "provenance"},
    {"augment", "cells", "data", "glimpse", "optimise", "presets", "weights"},
    {"categories", "model", "figures"},
    {"checkpoint", "deferred", "objective", "run"},
    {"estimate", "sample", "start"},
    {"train", "evaluate", "interpolate", "complete", "outliers", "nearest", "recognise"},
    {"gallery", "pretrained", "takeaway", "terminal"},
    {"reproduce", "session", "studio"},
    {
        "cli_data",
        "cli_draw",
        "cli_evaluate",
        "cli_models",
        "cli_reproduce",
        "cli_studio",
        "cli_train",
    },
    {"cli"},
    {"__main__"},
]
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}


def modules() -> dict[Path, str]:
    """Each source file, and the module or package of limner that it belongs to."""
    files = (path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
    return {path: path.with_suffix("").parts[0] for path in files if path.name != "__init__.py"}


def imported(path: Path) -> set[str]:
    """Modules and packages of limner that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse((SOURCE / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "limner":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("limner."):
            names.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("limner.")}
    return names


def test_every_module_has_a_floor():
    assert set(modules().values()) == set(FLOOR)


def test_a_module_imports_only_from_floors_below_its_own():
    wrong = [
        f"{path} imports {other}"
        for path, name in modules().items()
        for other in imported(path) - {name}
        if FLOOR[other] >= FLOOR[name]
    ]
    assert wrong == []


def test_files_stay_short():
    long = {
        path: count
        for path in modules()
        if (count := len((SOURCE / path).read_text().splitlines())) > 320
    }
    assert not long


def test_only_the_command_line_prints():
    printing = {
        name
        for path, name in modules().items()
        for node in ast.walk(ast.parse((SOURCE / path).read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print"
    }
    assert printing <= {name for name in FLOOR if name.startswith("cli")} | {"session", "terminal"}


def test_the_public_names_are_these_and_each_says_what_it_is():
    assert limner.__all__ == [
        "PRESETS",
        "Card",
        "Draw",
        "Drawings",
        "Evaluation",
        "LimnerError",
        "Loss",
        "Run",
        "RunConfig",
        "Trained",
        "Window",
        "draw_noise",
        "importance_weighted_bound",
        "load",
        "log_weight",
        "loss",
        "open_dataset",
    ]
    for name in set(limner.__all__) - {"PRESETS"}:
        assert getattr(limner, name).__doc__
