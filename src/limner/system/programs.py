"""Compiled programs on disk, where the next process finds them instead of compiling.

A folder that JAX has already, by JAX_COMPILATION_CACHE_DIR or `jax.config`, is kept;
JAX_ENABLE_COMPILATION_CACHE=false keeps nothing.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import platformdirs
from jax.experimental.compilation_cache.compilation_cache import reset_cache

_FOLDER = "jax_compilation_cache_dir"
_WORTH_SECONDS = 0.1
"""A program that compiles faster is not kept: to find it takes nearly as long."""

_lock = threading.Lock()
_before: dict[str, Any] = {}
"""JAX's settings before the first of the calls that keep programs now."""
_calls = 0


def keep_programs() -> None:
    """Keep programs on disk from now on, in the user's cache folder, if JAX has no folder yet."""
    if getattr(jax.config, _FOLDER) is None:
        _set(_settings())


@contextmanager
def programs_kept() -> Iterator[None]:
    """Keep the programs of a call on disk, and leave JAX's settings afterwards as they were.

    What other threads compile meanwhile is kept too. If the folder cannot be made, nothing is.
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
            settings = _settings()
            try:
                Path(settings[_FOLDER]).mkdir(parents=True, exist_ok=True)
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
        if _calls == 0 and getattr(jax.config, _FOLDER) == _settings()[_FOLDER]:
            _set(_before)


def _settings() -> dict[str, Any]:
    return {
        _FOLDER: str(platformdirs.user_cache_path("limner") / "compiled"),
        "jax_persistent_cache_min_compile_time_secs": _WORTH_SECONDS,
    }


def _set(settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)
    reset_cache()  # JAX looks at the folder's name only once
