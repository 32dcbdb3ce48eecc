"""How a model was trained, and before it the weights that it began with; for its card."""

import dataclasses
import shlex
from importlib.metadata import version
from pathlib import Path
from shlex import quote

from limner.config import RunConfig, changed, essence, from_fields
from limner.presets import PRESETS
from limner.pretrained.card import Training
from limner.pretrained.hub import folder_of, read_card
from limner.pretrained.repository import name_of
from limner.run import Run
from limner.system.provenance import commit, machine, seconds_until
from limner.text import listed, options


def shared(config: RunConfig, categories: tuple[str, ...], limit: int | None) -> RunConfig:
    """The same settings without paths of this machine.

    They also record what would otherwise come from the data: the categories of the user's own
    images, and a limit, so that they mean the same elsewhere, where a source may have more rows.
    """
    before, path = config.train.start_from, config.data.path
    changes = {
        "data.root": None,
        "data.path": path and Path(path.name),
        "data.categories": categories if config.data.name == "images" else config.data.categories,
        "data.limit": limit,
        "train.start_from": before and Path(name_of(folder_of(before))),
    }
    return changed(config, changes)


def _recorded(run: Run) -> RunConfig:
    """Such settings of a run whose data are not at hand, from what it recorded of them."""
    data, limit = run.read_data(), run.config.data.limit
    if data is None:
        return shared(run.config, run.config.data.categories, limit)
    if limit is None and data.name == "quickdraw":
        limit = max(data.rows)
    return shared(run.config, data.categories, limit)


def training_of(run: Run, config: RunConfig) -> Training:
    """How a run was trained, as its card tells it.

    Args:
        run: The run.
        config: Its settings without paths of this machine, as `shared` gives them.
    """
    sessions, rows, asked = run.read_sessions(), run.read_metrics(), run.config.train.updates
    before = run.read_before()
    updates = rows[-1]["update"] if rows else asked  # fewer, if other weights went on from it
    seconds = seconds_until(sessions, updates)
    devices = dict.fromkeys(map(machine, sessions))
    trained_by = dict.fromkeys(row["limner"] for row in sessions if "limner" in row)
    return Training(
        command=train_command(config),
        updates=updates,
        seconds=None if seconds is None else round(seconds, 1),
        device=listed(devices or ["an unknown machine"]),
        limner=listed(trained_by) if trained_by else None,
        commit=commit(),
        versions={name: version(name) for name in ("limner", "jax", "numpy")},
        before=None if before is None else from_fields(Training, before, str(run.before)),
    )


def record_start(run: Run) -> None:
    """Record in a new run's folder how the weights that it begins with were trained.

    It is recorded then, because later the name of that run may mean another: one that went on, or a
    newer model of the package.
    """
    if run.config.train.start_from is None or run.before.exists():
        return
    folder = folder_of(run.config.train.start_from)
    if not (folder / "config.json").exists():  # the run is older than this record
        return
    card = read_card(folder)
    if card is not None:
        earlier, asked = card.training, card.training.updates
    else:
        there = Run.open(folder)
        earlier, asked = training_of(there, _recorded(there)), there.config.train.updates
    stopped = f"  # stopped at update {earlier.updates:,}" if earlier.updates < asked else ""
    command = f"{earlier.command} --out {quote(name_of(folder))}{stopped}"
    run.write_before(dataclasses.asdict(dataclasses.replace(earlier, command=command)))


def train_command(config: RunConfig) -> str:
    """The shortest `limner train ...` command, without run folder, data root and devices."""
    commands = []
    for name, preset in PRESETS.items():
        defaults = essence(preset)
        own = {key: value for key, value in essence(config).items() if value != defaults[key]}
        commands.append(["limner", "train", name, *options(own)])
    return shlex.join(min(commands, key=len))
