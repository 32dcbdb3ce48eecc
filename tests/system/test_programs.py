"""Compiled programs are found again by the next process, and JAX's settings stay the user's."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from limner.data.dataset import data_root
from limner.errors import LimnerError, Notice
from limner.evaluation.unfinished import Unfinished
from limner.system.programs import keep_programs, programs_kept

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


@pytest.fixture
def homeless(monkeypatch):
    """A user whom the system knows nothing of, whose JAX keeps no programs."""

    def nobody(*uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    pwd = pytest.importorskip("pwd")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    before = getattr(jax.config, FOLDER)
    jax.config.update(FOLDER, None)
    yield
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


@pytest.mark.parametrize("in_the_way", ["limner", "limner/compiled"])
def test_a_file_in_the_way_of_programs_is_said_in_a_notice(user, tmp_path, in_the_way):
    path = tmp_path / in_the_way
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.warns(Notice, match=f"compiled programs are not kept .*{path}"):
        keep_programs()
    with programs_kept():
        assert getattr(jax.config, FOLDER) is None


def test_without_a_home_nothing_is_kept_and_data_need_a_root(homeless, monkeypatch):
    with pytest.warns(Notice, match="not kept .there is no home folder.: JAX_COMPILATION_CACHE"):
        keep_programs()
    with programs_kept():
        assert getattr(jax.config, FOLDER) is None
    monkeypatch.delenv("LIMNER_DATA", raising=False)
    with pytest.raises(LimnerError, match=r"no home folder .* LIMNER_DATA"):
        data_root()
    assert data_root(Path("~/data")) == Path("~/data")


def test_without_a_home_an_evaluation_begins_anew(homeless, make_model):
    unfinished = Unfinished.of(make_model())
    assert "no home folder" in unfinished.keep(np.zeros(3), np.ones(3, int))
    _, done = unfinished.read(3)
    assert done.tolist() == [0, 0, 0]
    unfinished.remove()


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
