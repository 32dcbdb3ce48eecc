"""The command that asks for a configuration."""

import shlex
from typing import Any

from limner.config import RunConfig, essence
from limner.presets import PRESETS


def train_command(config: RunConfig) -> str:
    """The shortest `limner train ...`; it names no run folder, data root or number of devices."""
    commands = [["limner", "train", name, *_options(config, PRESETS[name])] for name in PRESETS]
    return shlex.join(min(commands, key=len))


def _options(config: RunConfig, preset: RunConfig) -> list[str]:
    """What is to be said beside the preset's name."""
    defaults = essence(preset)
    words = []
    for key, value in essence(config).items():
        if value != defaults[key]:
            words += _option(key.replace("_", "-"), value)
    return words


def _option(key: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        part, name = key.split(".")
        return [f"--{part}.{name}" if value else f"--{part}.no-{name}"]
    if isinstance(value, tuple):
        return [f"--{key}", *map(str, value)]
    return [f"--{key}", str(value)]
