"""The user's home folder, which a container may be without."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path | None:
    """The user's cache folder for limner; None for a user without a home."""
    try:
        folder = platformdirs.user_cache_path("limner")
    except RuntimeError:
        return None
    return None if folder.parts[:1] == ("~",) else folder  # as platformdirs 4.2 to 4.5 has it


def at_home(path: str | Path) -> Path:
    """The path with ~ or ~NAME as a home folder; as it is if there is no such home."""
    return Path(os.path.expanduser(path))
