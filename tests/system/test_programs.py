"""Compiled programs are found again by the next process, and JAX's settings stay the user's."""

import os
import subprocess
import sys
from contextlib import ExitStack

import jax
import pytest
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from limner.system.programs import programs_kept

FOLDER = "jax_compilation_cache_dir"


@pytest.fixture
def user(tmp_path, monkeypatch):
    """A user whose JAX keeps no programs; the folder where limner keeps them."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    before = getattr(jax.config, FOLDER)
    jax.config.update(FOLDER, None)
    yield tmp_path / "limner" / "compiled"
    jax.config.update(FOLDER, before)
    reset_cache()


def test_settings_are_as_before_once_the_last_call_is_over(user):
    seconds = "jax_persistent_cache_min_compile_time_secs"
    before = getattr(jax.config, seconds)
    with programs_kept():
        with programs_kept():
            assert getattr(jax.config, FOLDER) == str(user)
        assert getattr(jax.config, FOLDER) == str(user)
    assert getattr(jax.config, FOLDER) is None
    assert getattr(jax.config, seconds) == before


def test_a_folder_of_the_users_own_is_left(user, tmp_path):
    own = str(tmp_path / "own")
    with programs_kept():
        jax.config.update(FOLDER, own)
    assert getattr(jax.config, FOLDER) == own
    with programs_kept():
        assert getattr(jax.config, FOLDER) == own
    assert not any(user.iterdir())


def test_without_a_folder_to_write_nothing_is_kept(user):
    user.parent.write_text("in the way")
    with ExitStack() as calls:
        calls.enter_context(programs_kept())
        assert getattr(jax.config, FOLDER) is None


def test_python_finds_the_programs_of_an_earlier_process(tmp_path):
    code = """
import jax
import limner

hits = []
jax.monitoring.register_event_listener(lambda event, **_: hits.append(event.rpartition("/")[2]))
limner.load("cat").sample(1)
assert jax.config.jax_compilation_cache_dir is None
print(hits.count("cache_hits"))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment |= {"XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    command = [sys.executable, "-c", code]
    hits = [
        int(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
        for _ in range(2)
    ]
    assert hits[0] == 0
    assert hits[1] >= 1
