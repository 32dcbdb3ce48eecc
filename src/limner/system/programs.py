"""Compiled programs on disk, where the next process finds them instead of compiling.

A folder that JAX has already, by JAX_COMPILATION_CACHE_DIR or `jax.config`, is kept;
JAX_ENABLE_COMPILATION_CACHE=false keeps nothing.
"""

import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from limner.errors import Notice, reason
from limner.system.home import cache_folder

_ENABLED = "jax_enable_compilation_cache"
_FOLDER = "jax_compilation_cache_dir"
_WORTH_SECONDS = 0.1
"""A program that compiles faster is not kept: to find it takes nearly as long."""

_lock = threading.Lock()
_before: dict[str, Any] = {}
"""JAX's settings before the first of the calls that keep programs now."""
_calls = 0


def keep_programs() -> None:
    """Keep programs on disk from now on, in the user's cache folder, if JAX has no folder yet.

    A notice says why they are not kept, if the folder cannot be written.
    """
    if getattr(jax.config, _FOLDER) is not None or not getattr(jax.config, _ENABLED):
        return
    try:
        _set(_settings())
    except OSError as error:
        why = f"{error.filename}: {reason(error)}" if error.filename else reason(error)
        said = (
            f"compiled programs are not kept ({why}): JAX_COMPILATION_CACHE_DIR can name a folder"
        )
        warnings.warn(Notice(said), stacklevel=2)


@contextmanager
def programs_kept() -> Iterator[None]:
    """Keep the programs of a call on disk, and leave JAX's settings afterwards as they were.

    What other threads compile meanwhile is kept too. If the folder cannot be written, nothing is.
    """
    is_counted = _begin()
    try:
        yield
    finally:
        if is_counted:
            _end()


def _begin() -> bool:
    global _calls
    with _lock:
        if _calls == 0:
            if getattr(jax.config, _FOLDER) is not None:
                return False
            try:
                settings = _settings()
            except OSError:
                return False
            _before.update({name: getattr(jax.config, name) for name in settings})
            _set(settings)
        _calls += 1
        return True


def _end() -> None:
    global _calls
    with _lock:
        _calls -= 1
        if _calls == 0 and getattr(jax.config, _FOLDER) == _own_folder():
            _set(_before)


def _own_folder() -> str | None:
    folder = cache_folder()
    return folder and str(folder / "compiled")


def _settings() -> dict[str, Any]:
    """JAX's settings for keeping programs in our folder, which is made.

    Raises:
        OSError: The folder cannot be written, or the user has no home for it.
    """
    folder = _own_folder()
    if folder is None:
        raise FileNotFoundError("there is no home folder")
    Path(folder).mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()
    return {
        _FOLDER: folder,
        "jax_persistent_cache_min_compile_time_secs": _WORTH_SECONDS,
    }


def _set(settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)
    reset_cache()  # JAX looks at the folder's name only once
