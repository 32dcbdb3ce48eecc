"""Which models the studio shows."""

import dataclasses
import json
import os
from pathlib import Path

import pytest
from runs import make_run

from limner.errors import LimnerError, Notice
from limner.pretrained import hub
from limner.run import Run, write_config
from limner.studio.models import find_models
from limner.studio.site import build_site


def test_models_go_by_name_and_by_default_are_those_that_came(exported, tmp_path):
    assert list(find_models((Path("kitten"),))) == ["kitten"]
    assert list(find_models((), beneath=tmp_path / "none")) == ["kitten"]
    make_run(tmp_path / "own" / "mine")
    assert list(find_models((), beneath=tmp_path / "own")) == ["mine"]


def test_runs_of_one_name_get_names_of_their_own(tmp_path):
    for folder in ("first", "second", "third"):
        make_run(tmp_path / folder / "cat")
    found = find_models([tmp_path / folder for folder in ("first", "second", "third")])
    assert list(found) == ["cat", "cat-2", "cat-3"]


def test_without_a_run_the_newest_finished_one_is_met_first(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "SHELF", tmp_path)  # as if no model had come with the package
    with pytest.raises(LimnerError, match=r"no finished run under .*: make one .* `limner demo`"):
        find_models((), beneath=tmp_path)
    for n, name in enumerate(["old", "new"]):
        weights = make_run(tmp_path / name).weights
        os.utime(weights, (n, n))
    make_run(tmp_path / "half", finished=False)
    assert list(find_models((), beneath=tmp_path)) == ["new", "old"]


def test_a_path_without_runs_is_refused(tmp_path):
    with pytest.raises(LimnerError, match="neither a run folder nor a folder of runs"):
        find_models((tmp_path,))


def test_a_network_given_in_python_is_left_out_or_refused_by_name(tmp_path):
    make_run(tmp_path / "runs" / "whole")
    run = make_run(tmp_path / "runs" / "own")
    given = dataclasses.replace(run.config.model, network="mine.Draw")
    write_config(run.folder, dataclasses.replace(run.config, model=given))
    assert list(find_models((tmp_path / "runs",))) == ["whole"]
    with pytest.raises(LimnerError, match="given in Python"):
        build_site({"own": Run.open(run.folder)})


def test_a_run_that_cannot_be_read_is_left_out_and_named(tmp_path):
    make_run(tmp_path / "whole")
    old = make_run(tmp_path / "old")
    settings = json.loads(old.folder.joinpath("config.json").read_text())
    del settings["model"]["learned_prior"], settings["checksum"]
    (old.folder / "config.json").write_text(json.dumps(settings))
    with pytest.warns(Notice, match=r"left out: .*lacks model.learned_prior"):
        assert list(find_models((), beneath=tmp_path)) == ["whole"]
    make_run(tmp_path / "torn").metrics.write_text("torn\ntorn\n")
    with pytest.warns(Notice) as said:
        assert list(find_models((), beneath=tmp_path)) == ["whole"]
    assert len(said) == 2
