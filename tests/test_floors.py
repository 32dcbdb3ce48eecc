"""The house's floors: a module imports only from floors below its own; and its public names."""

import ast
from pathlib import Path

import limner

SOURCE = Path(limner.__file__).parent

HOUSE = (
    "cli > studio, experiments > library > training > pretrained > figures > evaluation"
    " > sampling, run > model, data, presets > system, config > errors, text"
)
FLOORS = [floor.split(", ") for floor in reversed(HOUSE.split(" > "))]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[Path, str]:
    """Each source file, and the room that it belongs to."""
    files = (path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
    rooms = {path: path.with_suffix("").parts[0] for path in files}
    return {path: room for path, room in rooms.items() if not room.startswith("__")}


def imported(path: Path) -> set[str]:
    """Rooms that a file imports from, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse((SOURCE / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "limner":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("limner."):
            names.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("limner.")}
    return names


def test_a_room_imports_only_from_floors_below_its_own():
    assert set(modules().values()) == set(FLOOR)
    wrong = [
        f"{path} imports {other}"
        for path, room in modules().items()
        for other in imported(path) - {room}
        if FLOOR[other] >= FLOOR[room]
    ]
    assert wrong == []


def lines_of_code(path: Path) -> int:
    """Lines that hold code: no docstrings, comments or blank lines."""
    text = (SOURCE / path).read_text()
    docstrings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    lines = enumerate(text.splitlines(), start=1)
    code = {number for number, line in lines if line.strip() and not line.strip().startswith("#")}
    return len(code - docstrings)


def test_files_stay_short():
    assert {path: count for path in modules() if (count := lines_of_code(path)) > 260} == {}


def test_only_the_command_line_prints():
    printing = {
        name
        for path, name in modules().items()
        for node in ast.walk(ast.parse((SOURCE / path).read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print"
    }
    assert printing == {"cli"}


def test_the_public_names_are_these_and_each_says_what_it_is():
    assert limner.__all__ == [
        "Card",
        "Cell",
        "Curves",
        "DataConfig",
        "Dataset",
        "Draw",
        "Drawings",
        "Evaluation",
        "Judgement",
        "LimnerError",
        "Loss",
        "ModelConfig",
        "PRESETS",
        "Read",
        "Run",
        "RunConfig",
        "Show",
        "TrainConfig",
        "Trained",
        "Window",
        "Write",
        "changed",
        "draw_noise",
        "image_grid",
        "importance_weighted_bound",
        "load",
        "log_weight",
        "loss",
        "open_dataset",
        "train",
    ]
    for name in set(limner.__all__) - {"PRESETS"}:
        assert getattr(limner, name).__doc__
