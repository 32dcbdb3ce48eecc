"""Seconds from the start of a process to the end of something small, with programs on disk.

    python benchmarks/first_second.py [ROUNDS]

Each is a process of its own; they take turns, a round each, after one round that is not counted and
that compiles what is missing. Printed are medians of processor time (user and system, of all
threads) and of the clock. With other work on the machine only the first means something.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.table import Table

ROUNDS = 7

LIMNER = [sys.executable, "-m", "limner"]
TASKS = {
    "limner --help": [*LIMNER, "--help"],
    "limner models": [*LIMNER, "models"],
    "import limner": [sys.executable, "-c", "import limner"],
    "import jax": [sys.executable, "-c", "import jax"],
    "limner sample cat": [*LIMNER, "sample", "cat"],
    'limner.load("cat").sample(1)': [
        sys.executable,
        "-c",
        'import limner; limner.load("cat").sample(1)',
    ],
}


def measure(command: list[str], folder: str) -> tuple[float, float]:
    """Seconds of processor time and by the clock that a command takes in a folder."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    after, seconds = os.times(), time.perf_counter() - began
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system, seconds


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    taken = {name: [] for name in TASKS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds + 1):
            for name, command in TASKS.items():
                taken[name].append(measure(command, folder))
    table = Table(title=f"medians of {rounds} rounds", title_justify="left")
    for column in ("", "processor s", "clock s"):
        table.add_column(column, justify="right" if column else "left")
    for name, (_, *counted) in taken.items():
        medians = (statistics.median(column) for column in zip(*counted, strict=True))
        table.add_row(name, *(f"{seconds:.2f}" for seconds in medians))
    Console().print(table)


if __name__ == "__main__":
    main()
