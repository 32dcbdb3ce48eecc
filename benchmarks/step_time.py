"""Seconds for one update of the weights.

    python benchmarks/step_time.py [study | mnist | sketches ... | scaling [NAME ...] | start]

Three contenders make the same update of a row (all three rows, if none is named): limner, DRAW in
eager PyTorch (`torch_draw.py`), and the floor, which is the LSTMs' matrix products alone through
PyTorch's BLAS, or NumPy's if PyTorch is not there. Each lives in a process of its own; they take
turns, a round each, and the medians of the rounds are printed with their ratios. PyTorch and the
floor leave out the learned prior and the categories of `sketches`, so limner does more there. On a
GPU that PyTorch and JAX both see, all of them compute there, and limner also with TF32 and bfloat16
products (`--train.precision`).
`scaling` prints limner's time over num_steps, side, batch and hidden instead, or over those named;
`start`, how long a fresh process takes to its first update, with nothing compiled yet and then with
all of it kept on disk.

`pip install torch`, or eager PyTorch is left out. Close other programs first.
"""

import dataclasses
import importlib.util
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection

from rich.console import Console
from rich.table import Table

from limner.config import Precision
from limner.presets import PRESETS

ROUNDS = 7
ITERATIONS = 20


@dataclasses.dataclass(frozen=True)
class Setting:
    """The study's table, first row with batch 100, unless said otherwise."""

    num_steps: int = 20
    side: int = 28
    batch: int = 100
    hidden: int = 256
    latent: int = 10
    read: int = 5
    write: int = 5
    learned_prior: bool = False
    categories: int = 0


def sizes_of(preset: str) -> Setting:
    """The sizes of a preset."""
    model, train = PRESETS[preset].model, PRESETS[preset].train
    assert model.read_grid is not None
    assert model.write_grid is not None
    return Setting(
        num_steps=model.num_steps,
        side=model.height,
        batch=train.batch_size,
        hidden=model.hidden_size,
        latent=model.latent_size,
        read=model.read_grid,
        write=model.write_grid,
        learned_prior=model.learned_prior,
        categories=model.num_categories,
    )


ROWS = {preset: sizes_of(preset) for preset in ("study", "mnist", "sketches")}


def limner(setting: Setting, precision: Precision = "highest") -> Callable[..., None]:
    """ITERATIONS updates, or as many as asked for, by training's own compiled function."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # PyTorch wants some of the GPU
    from limner.system.devices import data_mesh, replicate, shard, use_every_core

    use_every_core()
    import jax
    import numpy as np

    from limner.config import ModelConfig, RunConfig, TrainConfig
    from limner.model.draw import build_model
    from limner.training.loop import UPDATES_PER_DISPATCH
    from limner.training.optimiser import make_optimiser
    from limner.training.state import state_around
    from limner.training.step import Batches, make_advance

    config = RunConfig(
        model=ModelConfig(
            height=setting.side,
            width=setting.side,
            num_steps=setting.num_steps,
            latent_size=setting.latent,
            hidden_size=setting.hidden,
            read_grid=setting.read,
            write_grid=setting.write,
            learned_prior=setting.learned_prior,
            num_categories=setting.categories,
        ),
        train=TrainConfig(batch_size=setting.batch, precision=precision),
    )
    mesh = data_mesh(setting.batch)
    optimiser = make_optimiser(config.train)
    state = replicate(state_around(build_model(config.model, jax.random.key(0)), optimiser), mesh)
    advance = make_advance(config, optimiser, mesh)
    shape = (UPDATES_PER_DISPATCH, setting.batch, 1, setting.side, setting.side)
    targets = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    batches = Batches(targets, np.zeros(shape[:2], np.int32))

    def run(iterations: int = ITERATIONS) -> None:
        nonlocal state
        sharded = jax.tree.map(lambda array: shard(array, mesh, axis=1), batches)
        state, losses = advance(state, sharded, iterations)
        jax.block_until_ready(losses)

    return run


def eager_torch(setting: Setting) -> Callable[[], None]:
    """ITERATIONS updates by Adam after clipping, in eager PyTorch."""
    import torch
    from torch_draw import TorchDraw

    torch.manual_seed(0)
    model = TorchDraw(
        side=setting.side,
        num_steps=setting.num_steps,
        latent_size=setting.latent,
        hidden_size=setting.hidden,
        grids=(setting.read, setting.write),
    ).to(DEVICE)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    image = torch.rand(setting.batch, setting.side**2, device=DEVICE)

    def run() -> None:
        for _ in range(ITERATIONS):
            optimiser.zero_grad()
            model(image).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
        wait_for_device()

    return run


def floor(setting: Setting) -> Callable[[], None]:
    """The LSTMs' products of ITERATIONS updates: forward, to the inputs, to the weights."""
    hidden = setting.hidden
    sizes = (2 * setting.read**2 + 2 * hidden, setting.latent + hidden)
    if HAS_TORCH:
        import torch

        torch.set_grad_enabled(False)
        rand = partial(torch.rand, device=DEVICE)
    else:
        import numpy as np

        def rand(*shape: int) -> np.ndarray:
            return np.random.default_rng(0).random(shape, np.float32)

    layers = [(rand(setting.batch, size), rand(size, 4 * hidden)) for size in sizes]
    gates = rand(setting.batch, 4 * hidden)

    def run() -> None:
        for _ in range(ITERATIONS * setting.num_steps):
            for inputs, weight in layers:
                inputs @ weight
                gates @ weight.T
                inputs.T @ gates
        wait_for_device()

    return run


def wait_for_device() -> None:
    """Wait until all that PyTorch was asked for is done."""
    if DEVICE == "cuda":
        import torch

        torch.cuda.synchronize()


def device() -> str:
    """Where PyTorch computes; importing it tells whether there is a GPU."""
    if not HAS_TORCH:
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


HAS_TORCH = importlib.util.find_spec("torch") is not None
DEVICE = device()
CONTENDERS = {"limner": limner, "eager PyTorch": eager_torch, "floor": floor}
if DEVICE == "cuda":
    CONTENDERS["limner, TF32"] = partial(limner, precision="tensorfloat32")
    CONTENDERS["limner, bfloat16"] = partial(limner, precision="bfloat16")


def serve(name: str, setting: Setting, connection: Connection) -> None:
    """A contender's process: run a round whenever asked, and answer with its seconds."""
    start = time.perf_counter()
    run = CONTENDERS[name](setting)
    made = time.perf_counter()
    run()
    first = time.perf_counter()
    connection.send((made - start, first - made))
    while connection.recv():
        start = time.perf_counter()
        run()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        connection.send((seconds / ITERATIONS, peak))


def race(names: list[str], setting: Setting, rounds: int) -> dict[str, tuple[float, float, float]]:
    """Median seconds an iteration, seconds to compile, and peak MB of each contender."""
    context = multiprocessing.get_context("spawn")
    runners, first = {}, {}
    for name in names:
        mine, theirs = context.Pipe()
        process = context.Process(target=serve, args=(name, setting, theirs), daemon=True)
        process.start()
        runners[name] = (mine, process)
        first[name] = mine.recv()[1]
    times, peaks = {name: [] for name in names}, {}
    for _ in range(rounds):
        for name, (connection, _) in runners.items():
            connection.send(True)
            seconds, peaks[name] = connection.recv()
            times[name].append(seconds)
    for connection, process in runners.values():
        connection.send(False)
        process.join()
    medians = {name: statistics.median(times[name]) for name in names}
    return {
        name: (medians[name], first[name] - ITERATIONS * medians[name], peaks[name])
        for name in names
    }


def compare(console: Console) -> None:
    if not HAS_TORCH:
        console.print("PyTorch is not installed: eager PyTorch is left out, the floor is NumPy's")
    for name in sys.argv[1:] or ROWS:
        compare_row(console, name)


def compare_row(console: Console, row: str) -> None:
    setting = ROWS[row]
    names = [name for name in CONTENDERS if HAS_TORCH or name != "eager PyTorch"]
    results = race(names, setting, ROUNDS)
    title = f"{row}: {setting}, {ROUNDS} rounds of {ITERATIONS}"
    table = Table(title=title, title_justify="left")
    for column in ("", "s/iteration", "images/s", "compile s", "peak MB", "times limner's"):
        table.add_column(column, justify="right")
    own = results["limner"][0]
    for name, (seconds, compiling, peak) in results.items():
        row = (f"{seconds:.4f}", f"{setting.batch / seconds:,.0f}", f"{compiling:.1f}")
        table.add_row(name, *row, f"{peak:,.0f}", f"{seconds / own:.2f}")
    console.print(table)


def scale(console: Console) -> None:
    sweeps = {
        "num_steps": (5, 10, 20, 40, 80),
        "side": (28, 56, 112),
        "batch": (16, 32, 64, 128, 256, 512),
        "hidden": (256, 512, 1024),
    }
    for name in sys.argv[2:] or sweeps:
        table = Table(title=name, title_justify="left")
        for column in (name, "s/iteration", "images/s", "compile s", "peak MB"):
            table.add_column(column, justify="right")
        for value in sweeps[name]:
            setting = dataclasses.replace(Setting(), **{name: value})
            seconds, compiling, peak = race(["limner"], setting, 3)["limner"]
            speed = f"{setting.batch / seconds:,.0f}"
            table.add_row(str(value), f"{seconds:.4f}", speed, f"{compiling:.1f}", f"{peak:,.0f}")
        console.print(table)


def update_once(cache: str, connection: Connection) -> None:
    """A process that ends with its first update."""
    import jax

    jax.config.update("jax_compilation_cache_dir", cache)
    limner(Setting())(1)
    connection.send(True)


def start(console: Console) -> None:
    context = multiprocessing.get_context("spawn")
    table = Table(title="to the first update", title_justify="left")
    for column in ("process", "seconds"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as cache:
        for name in ("first", "second", "third"):
            mine, theirs = context.Pipe()
            process = context.Process(target=update_once, args=(cache, theirs))
            began = time.perf_counter()
            process.start()
            mine.recv()
            table.add_row(name, f"{time.perf_counter() - began:.1f}")
            process.join()
    console.print(table)


def main() -> None:
    console = Console()
    console.print(f"{platform.processor() or platform.machine()}, Python {sys.version.split()[0]}")
    others = {"scaling": scale, "start": start}
    others.get("".join(sys.argv[1:2]), compare)(console)


if __name__ == "__main__":
    main()
