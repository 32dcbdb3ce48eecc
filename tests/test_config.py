"""A configuration says what is wrong with it, and comes back from its file as it was."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.errors import LimnerError
from limner.presets import PRESETS
from limner.run import Run, write_config


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_survives_its_file(preset, tmp_path):
    config = PRESETS[preset]
    write_config(tmp_path, config)
    assert Run.open(tmp_path).config == config


def test_the_study_preset_has_the_studys_settings():
    study = PRESETS["study"]
    model, train = study.model, study.train
    assert (model.hidden_size, model.read_grid, model.write_grid) == (256, 5, 5)
    assert (model.latent_size, model.num_steps, model.learned_start) == (10, 20, False)
    assert (train.batch_size, train.updates, train.learning_rate) == (100, 10_000, 1e-3)
    assert (train.optimiser, train.clipping, train.clip_norm) == ("rmsprop", "per-variable", 5)
    assert (train.protocol, train.schedule, train.ema_decay) == ("as-published", "constant", 0)
    assert study.data.binarisation == "grey"


@pytest.mark.parametrize(
    ("part", "key", "value", "said"),
    [
        ("model", "colour", 3, "colour"),
        ("model", "num_steps", "many", "model.num_steps"),
        ("model", "read_grid", 0, "model.read_grid is 0"),
        ("train", "optimiser", "sgd", "train.optimiser is 'sgd': it must be .*adam"),
        ("data", "limit", "all", "data.limit is 'all': it must be int or None"),
        ("train", "ema_decay", 1.0, "train.ema_decay is 1.0"),
        ("train", "seed", -1, "train.seed is -1"),
        ("data", "limit", 3, "data.limit is 3"),
        ("data", "categories", ["cat", "cat"], "data.categories"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(part, key, value, said):
    settings = RunConfig().to_fields()
    settings[part][key] = value
    with pytest.raises(LimnerError, match=said) as caught:
        RunConfig.from_fields(settings, origin="runs/x/config.json")
    assert str(caught.value).startswith("runs/x/config.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"model": 4}'])
def test_what_is_no_object_of_settings_is_refused(text, tmp_path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(LimnerError, match=re.escape(str(tmp_path / "config.json"))):
        Run.open(tmp_path)


@pytest.mark.parametrize(
    ("make", "bad"),
    [
        (ModelConfig, {"height": 0}),
        (ModelConfig, {"write_grid": -1}),
        (TrainConfig, {"updates": 0}),
        (TrainConfig, {"learning_rate": float("nan")}),
        (TrainConfig, {"clip_norm": 0.0}),
        (DataConfig, {"name": "images"}),
        (DataConfig, {"name": "mnist", "categories": ("3",)}),
        (DataConfig, {"path": Path("pictures")}),
        (DataConfig, {"root": Path("drawings")}),
        (DataConfig, {"name": "static-mnist", "binarisation": "dynamic"}),
        (TrainConfig, {"seed": 2**32}),
    ],
)
def test_settings_out_of_range_cannot_be_made(make, bad):
    with pytest.raises(LimnerError):
        make(**bad)


def test_the_pixels_of_static_mnist_are_static_whatever_is_left_out():
    assert DataConfig(name="static-mnist").binarisation == "static"


def test_words_that_a_setting_does_not_know_are_refused_without_a_type_checker():
    # In a process of its own, since these tests check all types as they run.
    wrong = (
        "DataConfig(name='quick')",
        "DataConfig(binarisation='gray')",
        "DataConfig(categories='cat')",
        "TrainConfig(updates=50.0)",
        "TrainConfig(updates=True)",
        "TrainConfig(start_from=3)",
        "ModelConfig(cell='gru')",
        "TrainConfig(protocol='as_published')",
    )
    program = f"""
from limner.config import DataConfig, ModelConfig, TrainConfig
from limner.errors import LimnerError
for text in {wrong}:
    try:
        eval(text)
    except LimnerError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert len(lines) == len(wrong), done.stderr
    assert (
        lines[1]
        == "data.binarisation is 'gray': it must be one of grey, threshold, static, dynamic"
    )


def test_settings_take_numpys_numbers_texts_as_paths_and_lists(tmp_path):
    program = """
import sys
from pathlib import Path

import numpy as np
from limner.config import DataConfig, RunConfig, TrainConfig
from limner.run import Run, write_config

train = TrainConfig(seed=np.int64(5), clip_norm=np.float32(2), start_from="runs/cat")
config = RunConfig(data=DataConfig(categories=["cat", "dog"]), train=train)
folder = Path(sys.argv[1])
write_config(folder, config)
print(Run.open(folder).config == config, config.train.seed)
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True)
    assert done.stdout == "True 5\n", done.stderr
