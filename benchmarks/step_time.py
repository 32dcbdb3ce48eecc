"""Seconds for one update of the weights.

    python benchmarks/step_time.py [study | mnist | sketches ... | importance | scaling [NAME ...] |
        start]

Contenders make the same update of a row (all three rows, if none is named): limner, DRAW in eager
PyTorch (`torch_draw.py`), and the LSTMs' matrix products alone, through PyTorch's library (NumPy's
if PyTorch is not there) and through XLA's. The faster of the last two is the floor: no program that
multiplies these matrices by these libraries is faster. Each contender lives in a process of its
own; they take turns, a round each, and the medians of the rounds are printed with their ratios.
PyTorch and the products leave out the learned prior and the categories of `sketches`, so limner
does more there. On a GPU that PyTorch and JAX both see, all of them compute there, and limner also
with TF32 and bfloat16 products (`--train.precision`).
`importance` measures importance samples instead of updates, beside their products through XLA;
`scaling` prints limner's time over num_steps, side, batch and hidden, or over those named; `start`,
how long a fresh process takes to its first update, with nothing compiled yet and then with all of
it kept on disk.

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
from functools import cache, partial
from multiprocessing.connection import Connection

from rich.console import Console
from rich.table import Table

from limner.config import ModelConfig, Precision, RunConfig, TrainConfig
from limner.presets import PRESETS

ROUNDS = 7
ITERATIONS = 20


@dataclasses.dataclass(frozen=True)
class Setting:
    """The sizes of an update; those of the study's table, first row with batch 100, if not said."""

    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    batch: int = 100


def sizes_of(preset: str) -> Setting:
    """The sizes of a preset, with the other settings of the model as they are by default."""
    config = PRESETS[preset]
    model = dataclasses.replace(config.model, learned_start=True, initial_std=None)
    return Setting(model, config.train.batch_size)


ROWS = {preset: sizes_of(preset) for preset in ("study", "mnist", "sketches")}


def limner(setting: Setting, precision: Precision = "highest") -> Callable[..., None]:
    """ITERATIONS updates, or as many as asked for, by training's own compiled function."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # PyTorch wants some of the GPU
    from limner.system.devices import data_mesh, replicate, shard, use_every_core

    use_every_core()
    import jax
    import numpy as np

    from limner.model.draw import build_model
    from limner.training.loop import UPDATES_PER_DISPATCH
    from limner.training.optimiser import make_optimiser
    from limner.training.state import state_around
    from limner.training.step import Batches, make_advance

    config = RunConfig(
        model=setting.model, train=TrainConfig(batch_size=setting.batch, precision=precision)
    )
    mesh = data_mesh(setting.batch)
    optimiser = make_optimiser(config.train)
    state = replicate(state_around(build_model(config.model, jax.random.key(0)), optimiser), mesh)
    advance = make_advance(config, optimiser, mesh)
    shape = (UPDATES_PER_DISPATCH, setting.batch, *setting.model.shape)
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
    sizes = setting.model
    model = TorchDraw(
        side=sizes.height,
        num_steps=sizes.num_steps,
        latent_size=sizes.latent_size,
        hidden_size=sizes.hidden_size,
        grids=(sizes.read_grid, sizes.write_grid),
    ).to(device())
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    image = torch.rand(setting.batch, sizes.height * sizes.width, device=device())

    def run() -> None:
        for _ in range(ITERATIONS):
            optimiser.zero_grad()
            model(image).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
        wait_for_device()

    return run


def importance(setting: Setting) -> Callable[[], None]:
    """ITERATIONS batches of importance samples, as evaluation measures them."""
    from limner.system.devices import use_every_core

    use_every_core()
    import jax
    import numpy as np

    from limner.data.dataset import Dataset
    from limner.evaluation.importance import GROUP, log_weights
    from limner.evaluation.measure import Measurer
    from limner.model.draw import build_model

    model = build_model(setting.model, jax.random.key(0))
    count = setting.batch // GROUP
    images = np.random.default_rng(0).integers(0, 256, (2 * count, 28, 28), np.uint8)
    split = Dataset.from_arrays(images).split("train")
    measurer = Measurer(model, split, "grey", 0, count, count)
    chunk, measure = measurer.images(np.arange(count)), log_weights(setting.model.num_steps, GROUP)

    def run() -> None:
        for first in range(ITERATIONS):
            measurer.measure(measure, chunk, count, np.int32(first * GROUP))

    return run


def layer_sizes(setting: Setting) -> tuple[int, int]:
    """Columns of the encoder's and of the decoder's matrix."""
    model = setting.model
    assert model.read_grid is not None
    return (
        2 * model.read_grid**2 + 2 * model.hidden_size,
        model.latent_size + model.hidden_size,
    )


def products(setting: Setting) -> Callable[[], None]:
    """The LSTMs' products of ITERATIONS updates: forward, to the inputs, to the weights."""
    if HAS_TORCH:
        import torch

        torch.set_grad_enabled(False)
        rand = partial(torch.rand, device=device())
    else:
        import numpy as np

        def rand(*shape: int) -> np.ndarray:
            return np.random.default_rng(0).random(shape, np.float32)

    gates = 4 * setting.model.hidden_size
    layers = [(rand(setting.batch, size), rand(size, gates)) for size in layer_sizes(setting)]
    slopes = rand(setting.batch, gates)

    def run() -> None:
        for _ in range(ITERATIONS * setting.model.num_steps):
            for inputs, weight in layers:
                inputs @ weight
                slopes @ weight.T
                inputs.T @ slopes
        wait_for_device()

    return run


def xla_products(setting: Setting, backward: bool = True) -> Callable[[], None]:
    """The same through XLA, on all of its devices, and as limner has them: those to the weights
    are one product over all steps. Without `backward`, the forward products alone.

    Each step's inputs take a little of what the last step's products gave, so that none is left
    out.
    """
    from limner.system.devices import DATA_AXIS, REPLICATED, data_mesh, use_every_core

    use_every_core()
    import jax
    import jax.numpy as jnp
    from jax.sharding import PartitionSpec

    gates = 4 * setting.model.hidden_size
    columns = [-(-size // 16) * 16 for size in layer_sizes(setting)]
    weights = [jnp.ones((gates, size)) for size in columns]
    inputs = [jnp.ones((setting.batch, size)) for size in columns]
    slopes = jnp.ones((setting.batch, gates))

    def step(weights, carry, _):
        inputs, slopes = carry
        outs = [x @ w.T for x, w in zip(inputs, weights, strict=True)]
        if backward:
            backs = [slopes @ w for w in weights]
            inputs = [x + 1e-9 * back for x, back in zip(inputs, backs, strict=True)]
            slopes = slopes + 1e-9 * sum(outs)
        else:
            inputs = [x + 1e-9 * out[:, : x.shape[1]] for x, out in zip(inputs, outs, strict=True)]
        return (inputs, slopes), (inputs, slopes) if backward else None

    def update(weights, inputs, slopes):
        last, all_steps = jax.lax.scan(
            partial(step, weights), (inputs, slopes), None, length=setting.model.num_steps
        )
        if not backward:
            return weights, last[0]
        found = [jnp.einsum("tbi,tbo->oi", x, all_steps[1]) for x in all_steps[0]]
        found = jax.lax.pmean(found, DATA_AXIS)
        return [w + 1e-12 * one for w, one in zip(weights, found, strict=True)], inputs

    def many(weights, inputs, slopes):
        def body(_, carry):
            return update(*carry, slopes)

        return jax.lax.fori_loop(0, ITERATIONS, body, (weights, inputs))

    data = PartitionSpec(DATA_AXIS)
    program = jax.jit(
        jax.shard_map(
            many,
            mesh=data_mesh(setting.batch),
            in_specs=(REPLICATED, data, data),
            out_specs=(REPLICATED, data),
            check_vma=False,
        )
    )
    return lambda: jax.block_until_ready(program(weights, inputs, slopes))


def wait_for_device() -> None:
    """Wait until all that PyTorch was asked for is done."""
    if device() == "cuda":
        import torch

        torch.cuda.synchronize()


@cache
def device() -> str:
    """Where PyTorch computes; importing it tells whether there is a GPU."""
    if not HAS_TORCH:
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


HAS_TORCH = importlib.util.find_spec("torch") is not None
CONTENDERS = {
    "limner": limner,
    "limner, TF32": partial(limner, precision="tensorfloat32"),
    "limner, bfloat16": partial(limner, precision="bfloat16"),
    "eager PyTorch": eager_torch,
    "products, PyTorch" if HAS_TORCH else "products, NumPy": products,
    "products, XLA": xla_products,
    "importance samples": importance,
    "their products, XLA": partial(xla_products, backward=False),
}
ON_GPU = ("limner, TF32", "limner, bfloat16")
IMPORTANCE = ("importance samples", "their products, XLA")


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
        console.print("PyTorch is not installed: eager PyTorch is left out")
    left_out = {*IMPORTANCE, *(() if device() == "cuda" else ON_GPU)}
    left_out |= set() if HAS_TORCH else {"eager PyTorch"}
    names = [name for name in CONTENDERS if name not in left_out]
    for row in sys.argv[1:] or ROWS:
        report(console, row, names, ROWS[row])


def weigh(console: Console) -> None:
    report(console, "importance samples", [*IMPORTANCE], Setting(batch=512))


def report(console: Console, title: str, names: list[str], setting: Setting) -> None:
    results = race(names, setting, ROUNDS)
    title = f"{title}: {setting}, {ROUNDS} rounds of {ITERATIONS}"
    table = Table(title=title, title_justify="left")
    for column in ("", "s/iteration", "images/s", "compile s", "peak MB", "times the first"):
        table.add_column(column, justify="right")
    own = results[names[0]][0]
    for name, (seconds, compiling, peak) in results.items():
        row = (f"{seconds:.4f}", f"{setting.batch / seconds:,.0f}", f"{compiling:.1f}")
        table.add_row(name, *row, f"{peak:,.0f}", f"{seconds / own:.2f}")
    console.print(table)


def scale(console: Console) -> None:
    def sized(**sizes: int) -> Setting:
        return Setting(dataclasses.replace(Setting().model, **sizes))

    sweeps = {
        "num_steps": {value: sized(num_steps=value) for value in (5, 10, 20, 40, 80)},
        "side": {value: sized(height=value, width=value) for value in (28, 56, 112)},
        "batch": {value: Setting(batch=value) for value in (16, 32, 64, 128, 256, 512)},
        "hidden": {value: sized(hidden_size=value) for value in (256, 512, 1024)},
    }
    for name in sys.argv[2:] or sweeps:
        table = Table(title=name, title_justify="left")
        for column in (name, "s/iteration", "images/s", "compile s", "peak MB"):
            table.add_column(column, justify="right")
        for value, setting in sweeps[name].items():
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
    others = {"importance": weigh, "scaling": scale, "start": start}
    others.get("".join(sys.argv[1:2]), compare)(console)


if __name__ == "__main__":
    main()
