"""Drawings a second: `python benchmarks/rasterise.py [simplified.ndjson ...]`.

Makes doodles; rasterises them, and the drawings of official simplified files if some are given,
with each backend that loads. The best of five rounds, on one core where the system can pin to it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from limner.data.doodles.doodles import CATEGORIES, doodle
from limner.data.rasteriser import available_backends, rasterise
from limner.data.strokes import Strokes

ROUNDS = 5


def make_doodles() -> list[Strokes]:
    return [doodle(category, index) for category in CATEGORIES for index in range(150)]


def read(paths: list[str]) -> list[Strokes]:
    lines = [line for path in paths for line in Path(path).read_text().splitlines()]
    return [[np.array(stroke[:2]) for stroke in json.loads(line)["drawing"]] for line in lines]


def report(name: str, count: int, work: Callable[[], object]) -> None:
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - start)
    print(f"{name:<32}{count / min(rounds):8.0f} a second")


def report_backend(backend: str, doodles: list[Strokes], official: list[Strokes]) -> None:
    def draw(drawings: list[Strokes]) -> None:
        rasterise(drawings, 28, backend)

    if official:
        report(f"{backend}: official drawings", len(official), lambda: draw(official))
    report(f"{backend}: doodles", len(doodles), lambda: draw(doodles))
    report(f"{backend}: doodles, making included", len(doodles), lambda: draw(make_doodles()))


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    doodles, official = make_doodles(), read(sys.argv[1:])
    report("making doodles", len(doodles), make_doodles)
    for backend in available_backends():
        report_backend(backend, doodles, official)


if __name__ == "__main__":
    main()
