"""The commands, each once, and what they say to wrong input."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from commands import SMALL, fails
from PIL import Image

from limner.cli.main import COMMANDS, main
from limner.data.doodles.doodles import doodles
from limner.run import Run
from limner.system.checksums import with_checksum

TINY = [*SMALL, "--data.categories", "cat"]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A trained run."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    main(["train", *TINY, "--out", str(folder)])
    return folder


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_train_says_what_it_reached_and_what_comes_next(run, capsys):
    main(["train", *TINY, "--out", str(run)])
    said = capsys.readouterr().out
    assert f"finished at update 4 of 4, 0 s: {run}" in said
    assert "bound" in said
    assert f"limner sample {run}" in said
    assert (run / "figures" / "curves.png").exists()


def test_out_alone_resumes_a_run_with_its_own_settings(run, capsys):
    main(["train", "--out", str(run)])
    assert "finished at update 4 of 4" in capsys.readouterr().out


def test_evaluate_prints_one_json_object(run, capsys):
    capsys.readouterr()
    main(["evaluate", str(run), "--json", "--importance-samples", "3"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["images"] == 4
    assert facts["protocol"] == "honest"
    assert facts["binarisation"] == "grey"
    assert facts["bound"] == pytest.approx(facts["distortion"] + facts["rate"])
    assert facts["rate"] == pytest.approx(sum(facts["rate_per_step"]), rel=1e-5)
    assert facts["excess"] == pytest.approx(facts["bound"] - facts["floor"])
    assert facts["bits_per_dim"] == pytest.approx(facts["bound"] / 784 / np.log(2))
    assert facts["stderr"] > 0
    assert facts["importance_samples"] == 3
    assert facts["importance_images"] == 4
    gain = facts["bound"] - facts["importance_bound"]
    assert facts["importance_gain"] == pytest.approx(gain, abs=1e-3)


def test_the_importance_weighted_bound_can_be_taken_over_a_few_images(run, capsys):
    capsys.readouterr()
    main([*f"evaluate {run} --json --importance-samples 2 --importance-images 3".split()])
    facts = json.loads(capsys.readouterr().out)
    assert facts["images"] == 4
    assert facts["importance_images"] == 3
    assert "needs importance_samples" in fails(capsys, "evaluate", run, "--importance-images", 3)
    as_published = ["--protocol", "as-published", "--importance-samples", 2]
    assert "as-published bounds nothing" in fails(capsys, "evaluate", run, *as_published)


def test_evaluate_as_published_gives_the_studys_numbers_and_no_bound(run, capsys):
    capsys.readouterr()
    main(["evaluate", str(run), "--json", "--protocol", "as-published"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["protocol"] == "as-published"
    assert facts["bound"] is None
    assert facts["stderr"] is None
    assert facts["Lx"] == facts["distortion"]
    assert facts["Lz"] == pytest.approx(facts["rate"] + 3 * (2 - 1) / 2)


def test_evaluate_prints_a_table(run, capsys):
    main(["evaluate", str(run)])
    said = capsys.readouterr().out
    assert "bound" in said
    assert "importance" not in said


def test_evaluate_gives_quantiles_as_json_alone(run, capsys):
    capsys.readouterr()
    main(["evaluate", str(run), "--json"])
    quantiles = json.loads(capsys.readouterr().out)["quantiles"]
    assert len(quantiles) == 101
    main(["evaluate", str(run)])
    assert "quantiles" not in capsys.readouterr().out


def test_sample_writes_its_pictures_and_prints_their_paths(run, capsys):
    capsys.readouterr()
    main(["sample", str(run), "--num", "5", "--seed", "1", "--show-steps", "1", "3"])
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    names = {"final.png", "steps.png", "drawings.gif", "windows.svg", "drawings.npz"}
    assert {path.name for path in paths} == names
    assert {path.parent for path in paths} == {run / "figures" / "samples"}
    arrays = np.load(run / "figures" / "samples" / "drawings.npz")
    assert arrays["canvases"].shape == (3, 5, 28, 28)
    assert arrays["canvases"].min() < 0  # logits
    assert arrays["write_centre_x"].shape == (3, 5)
    assert "read_centre_x" not in arrays
    for path in paths[:3]:
        Image.open(path).verify()


def test_a_sample_depends_on_its_seed_alone(run, tmp_path):
    canvases = []
    for name, seed, num in [("a", 1, 5), ("b", 1, 3), ("c", 2, 3)]:
        out = tmp_path / name
        main(["sample", str(run), "--num", str(num), "--seed", str(seed), "--out", str(out)])
        canvases.append(np.load(out / "drawings.npz")["canvases"][:, :3])
    np.testing.assert_allclose(canvases[0], canvases[1], rtol=1e-5, atol=1e-5)
    assert not np.allclose(canvases[0], canvases[2])


def test_sample_draws_more_steps_or_fewer_than_it_was_trained_for(run, tmp_path):
    main(["sample", str(run), "--num", "2", "--num-steps", "7", "--out", str(tmp_path)])
    assert np.load(tmp_path / "drawings.npz")["canvases"].shape == (7, 2, 28, 28)


def test_reconstruct_writes_to_a_folder_of_its_own(run, capsys):
    capsys.readouterr()
    main(["reconstruct", str(run), "--num", "3"])
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.parent for path in paths} == {run / "figures" / "reconstructions"}
    arrays = np.load(run / "figures" / "reconstructions" / "drawings.npz")
    assert arrays["canvases"].shape == (3, 3, 28, 28)
    assert arrays["read_stride"].shape == (3, 3)


def test_reconstruct_takes_a_picture_of_ones_own(run, tmp_path):
    picture = np.full((60, 80), 255, np.uint8)
    picture[20:40, 30:33] = 0
    Image.fromarray(picture).save(tmp_path / "mine.png")
    main(["reconstruct", str(run), "--picture", str(tmp_path / "mine.png"), "--out",
          str(tmp_path / "out")])  # fmt: skip
    assert np.load(tmp_path / "out" / "drawings.npz")["canvases"].shape == (3, 1, 28, 28)


def test_a_drawing_that_is_small_on_its_page_is_said(run, tmp_path, capsys):
    picture = np.full((200, 900), 255, np.uint8)
    picture[60:140, 100:104] = picture[60:64, 100:180] = 0
    for name, part in (("wide", picture), ("cut", picture[50:150, 90:190])):
        Image.fromarray(part).save(tmp_path / f"{name}.png")
        capsys.readouterr()
        main(["reconstruct", str(run), "--picture", str(tmp_path / f"{name}.png")])
        assert ("fills only" in capsys.readouterr().err) == (name == "wide")


def test_curves_writes_where_it_is_told(run, tmp_path, capsys):
    main(["curves", str(run), "--out", str(tmp_path / "curves.svg")])
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")
    main(["curves", str(run), "--out", str(tmp_path / "curves.csv")])
    assert (tmp_path / "curves.csv").read_text().startswith("split,update,distortion,rate,bound\n")
    assert "must end in" in fails(capsys, "curves", run, "--out", tmp_path / "curves.txt")


def test_help_of_all_commands_comes_without_what_is_slow_to_import():
    code = """
import sys
from limner.cli.main import COMMANDS, main
for words in ["", "--help", "data", "data --help", *(f"{name} --help" for name in COMMANDS)]:
    try:
        main(words.split())
    except SystemExit as done:
        assert not done.code
slow = {"jax", "numpy", "scipy", "matplotlib", "PIL", "httpx2", "pyvips"} & set(sys.modules)
assert not slow, slow
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in COMMANDS:
        assert f"usage: limner {name}" in said.stdout


def test_lists_come_without_jax():
    code = """
import sys
from limner.cli.main import main
main(["models"])
main(["data", "list", "--here"])
assert "jax" not in sys.modules
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cat-dog" in said.stdout


def test_drawing_imports_nothing_that_only_other_work_needs(run, tmp_path):
    code = f"""
import sys
from limner.cli.main import main
main(["sample", {str(run)!r}, "--num", "1", "--out", {str(tmp_path)!r}])
slow = {{"scipy.ndimage", "httpx2", "matplotlib", "optax", "orbax"}} & set(sys.modules)
assert not slow, slow
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("words", ["train --help", "models"])
def test_help_and_models_take_under_half_a_second(words):
    before = os.times()
    subprocess.run([sys.executable, "-m", "limner", *words.split()], check=True)
    after = os.times()
    spent = after.children_user + after.children_system
    assert spent - before.children_user - before.children_system < 0.5  # seconds of processor


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trian", "there is no command 'trian': did you mean train?"),
        ("cat sample", "the command comes first, as in `limner sample cat`"),
        ("data lst", "there is no command 'data lst': did you mean data list"),
        ("train quikdraw", "did you mean train quickdraw"),
        ("train --out x quickdraw", "did you mean train quickdraw"),
        ("sample cat dog", "limner sample takes no argument 'dog'"),
        ("sample cat --nmu=3", "limner sample has no option --nmu: did you mean --num"),
        ("sample cat --zzzz", "those that `limner sample --help` lists"),
        ("train --model.learned-priorr", "did you mean --model.learned-prior"),
        ("sample cat --num 1.5", "--num: '1.5' is not a whole number"),
        ("train --train.learning-rate abc", "--train.learning-rate: 'abc' is not a number"),
        ("train --data.limit ten", "--data.limit: 'ten' is neither None nor a whole number"),
        ("train --model.initial-std a", "--model.initial-std: 'a' is neither None nor a number"),
        ("sample", "missing: RUN Run folder"),
        ("data rasterise --source a", "missing: --to PATH"),
        ("data export --to x --format foo", "Expected one of ('idx', 'npz', 'npy', 'png')"),
    ],
)
def test_wrong_words_and_options_are_one_line_that_names_what_is_near(capsys, words, said):
    line = fails(capsys, *words.split())
    assert said in line
    assert "helptext" not in line


def test_options_that_are_true_or_false_are_two_words(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert "--model.learned-prior, --model.no-learned-prior" in capsys.readouterr().out


def test_commands_that_are_suggested_can_be_pasted(tmp_path, capsys):
    folder = tmp_path / "it's mine; really"
    main(["train", *TINY, "--out", str(folder)])
    (line,) = [one for one in capsys.readouterr().out.splitlines() if "try next" in one]
    suggested = shlex.split(line.removeprefix("try next: ").split("; limner sample")[0])
    assert suggested == ["limner", "evaluate", str(folder)]


def test_a_terminal_of_ascii_alone_is_written_to(run):
    ascii_alone = {"PYTHONIOENCODING": "ascii"}
    for words in (["models"], ["evaluate", str(run)], ["data", "list"], ["train", "--help"]):
        command = [sys.executable, "-m", "limner", *words]
        done = subprocess.run(command, capture_output=True, env=os.environ | ascii_alone)
        assert done.returncode == 0
        said = done.stdout.decode("ascii")
        if words == ["models"]:
            assert re.search(r"\d \+- \d", said)


@pytest.mark.parametrize("platform", ["cuda", "nowhere"])
def test_a_platform_that_is_not_here_is_named(run, platform, tmp_path):
    if platform in {device.platform for device in jax.devices()}:
        pytest.skip(f"{platform} is here")
    command = [sys.executable, "-m", "limner", "sample", str(run), "--out", str(tmp_path)]
    asking = os.environ | {"JAX_PLATFORMS": platform}
    done = subprocess.run(command, capture_output=True, text=True, env=asking)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"JAX_PLATFORMS is '{platform}'" in line


@pytest.mark.parametrize(
    "words", ["sample cat", "evaluate cat", "export cat --out x", "studio cat"]
)
def test_a_variable_that_jax_refuses_is_named(words, tmp_path):
    command = [sys.executable, "-m", "limner", *words.split()]
    asking = os.environ | {"JAX_ENABLE_X64": "perhaps"}
    done = subprocess.run(command, capture_output=True, text=True, env=asking, cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("limner: JAX cannot start: invalid truth value 'perhaps'")


def test_settings_of_jax_in_the_environment_change_no_result(run, tmp_path):
    command = [sys.executable, "-m", "limner", "train", *TINY, "--out", str(tmp_path / "run")]
    settings = {
        "JAX_ENABLE_X64": "1",
        "JAX_DEFAULT_PRNG_IMPL": "rbg",
        "JAX_THREEFRY_PARTITIONABLE": "0",
        "JAX_NUMPY_RANK_PROMOTION": "raise",
        "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    }
    asking = os.environ | settings
    done = subprocess.run(command, capture_output=True, text=True, env=asking, check=True)
    for name in settings:
        assert f"{name} changes nothing" in done.stderr
    rows, others = (Run.open(folder).read_metrics() for folder in (tmp_path / "run", run))
    bounds = [[row["bound"] for row in each] for each in (rows, others)]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-6)


def test_presets_are_named_in_the_help_and_set_the_defaults(capsys):
    with pytest.raises(SystemExit):
        main(["train", "study", "--help"])
    said = capsys.readouterr().out
    assert "as-published" in said
    assert "10000" in said


def test_an_unknown_category_is_answered_with_near_names(capsys, tmp_path):
    out = tmp_path / "run"
    said = fails(capsys, "train", "--data.categories", "catt", "--out", out)
    assert "cat" in said
    said = fails(capsys, "train", "quickdraw", "--data.categories", "alarmclock", "--out", out)
    assert "alarm clock" in said
    assert not out.exists()


def test_a_bitmap_file_that_is_wrong_is_named_and_nothing_is_made(capsys, tmp_path):
    path = tmp_path / "quickdraw_dataset" / "full" / "numpy_bitmap" / "cat.npy"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"<html>not found</html>" * 100)
    before = snapshot(tmp_path)
    out = tmp_path / "run"
    said = fails(capsys, "train", "quickdraw", "--data.root", tmp_path, "--out", out)
    assert str(path) in said
    assert snapshot(tmp_path) == before


def test_images_that_do_not_fit_are_refused_before_anything_is_made(capsys, tmp_path):
    out = tmp_path / "run"
    said = fails(capsys, "train", "--model.height", "20", "--data.categories", "cat", "--out", out)
    assert "(1, 28, 28)" in said
    np.save(tmp_path / "few.npy", np.zeros((5, 28, 28), np.uint8))
    few = ["--data.name", "images", "--data.path", str(tmp_path / "few.npy")]
    with pytest.raises(SystemExit):
        main(["train", *few, "--out", str(out)])
    polarity, error = capsys.readouterr().err.splitlines()
    assert "5 are blank" in polarity
    assert "it takes 10 drawings of a category" in error
    assert not out.exists()


def test_sizes_of_zero_are_refused(capsys, run, tmp_path):
    out = tmp_path / "run"
    assert "read_grid is 0" in fails(capsys, "train", "--model.read-grid", "0", "--out", out)
    assert "write_grid is 0" in fails(capsys, "train", "--model.write-grid", "0", "--out", out)
    assert "num is 0" in fails(capsys, "sample", run, "--num", "0")
    for heat in ("nan", "inf", "-1"):
        assert "temperature is" in fails(capsys, "sample", run, f"--temperature={heat}")
    assert "they must be from 1 to 3" in fails(capsys, "sample", run, "--show-steps", "9")
    assert not out.exists()


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(capsys, run, tmp_path, seed):
    picture = tmp_path / "a.png"
    Image.new("L", (28, 28), 255).save(picture)
    for words in (["sample", run], ["reconstruct", run], ["evaluate", run], ["nearest", run],
                  ["outliers", run], ["complete", run, picture],
                  ["data", "show", "--to", picture]):  # fmt: skip
        assert f"--seed is {seed}" in fails(capsys, *words, "--seed", seed)


def test_images_are_completed_and_interpolated(run, tmp_path, capsys):
    images = [str(tmp_path / f"{index}.png") for index in range(2)]
    for index, path in enumerate(images):
        Image.fromarray(255 - doodles("cat", [index])[0]).save(path)
    names = ["final.png", "steps.png", "drawings.gif", "windows.svg", "drawings.npz"]
    for words in (["interpolate", str(run), *images], ["complete", str(run), images[0]]):
        capsys.readouterr()
        main([*words, "--num", "3", "--out", str(tmp_path / words[0])])
        paths = [tmp_path / words[0] / name for name in names]
        assert capsys.readouterr().out.splitlines() == [str(path) for path in paths]
        assert all(path.stat().st_size for path in paths)
    assert "num is 1" in fails(capsys, "interpolate", run, *images, "--num", 1)


def test_pictures_can_be_drawn_with_the_noise_that_a_model_was_trained_on(run, tmp_path):
    published = ["--protocol", "as-published"]
    main(["sample", str(run), *published, "--num", "3", "--out", str(tmp_path / "a")])
    main(["reconstruct", str(run), *published, "--num", "2", "--out", str(tmp_path / "b")])
    latents = np.load(tmp_path / "a" / "drawings.npz")["latents"]
    np.testing.assert_array_equal(latents, np.broadcast_to(latents[:1], latents.shape))
    assert (tmp_path / "b" / "final.png").exists()


def test_a_place_for_pictures_that_cannot_be_written_is_named(capsys, run, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "deep"):
        for command in ("sample", "reconstruct"):
            assert "cannot be written" in fails(capsys, command, run, "--num", 2, "--out", out)
    said = fails(capsys, "reproduce", "table1", "--page-only", "--docs", tmp_path / "file")
    assert "cannot be written" in said
    assert (tmp_path / "file").read_text() == "mine"


def test_ctrl_c_ends_a_command_in_a_line(capsys, run, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("limner.evaluation.bound.evaluate", interrupt)
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", str(run)])
    assert caught.value.code == 130
    assert capsys.readouterr().err.endswith("limner: stopped\n")


def test_a_training_that_cannot_start_leaves_no_folder(capsys, tmp_path):
    out = tmp_path / "run"
    start = ["--train.start-from", tmp_path / "none"]
    assert "is not a run folder" in fails(capsys, "train", *TINY, *start, "--out", out)
    # A model by its name, which is of other sizes.
    said = fails(capsys, "train", *TINY, "--train.start-from", "cat", "--out", out)
    assert "cat is a model of other sizes: give --model.latent-size 10" in said
    for given in (["--train.optimiser", "given"], ["--model.network", "Mine"]):
        assert "given in Python" in fails(capsys, "train", *TINY, *given, "--out", out)
    assert not out.exists()


def test_a_run_is_called_as_its_folder_is(capsys, run, monkeypatch):
    monkeypatch.chdir(run)
    assert "run is not class-conditional" in fails(capsys, "sample", ".", "--category", "cat")


def test_a_run_folder_with_an_unknown_key_is_named(capsys, run, tmp_path):
    settings = json.loads((run / "config.json").read_text())
    settings["model"]["colour"] = 1  # of a later limner
    (tmp_path / "config.json").write_text(with_checksum(settings))
    before = snapshot(tmp_path)
    for command in ("evaluate", "sample", "reconstruct", "curves"):
        assert "colour" in fails(capsys, command, tmp_path)
    assert "colour" in fails(capsys, "train", "--out", tmp_path)
    assert snapshot(tmp_path) == before


def test_a_picture_that_is_none_is_named(capsys, run, tmp_path):
    (tmp_path / "notes.png").write_text("no picture")
    assert "notes.png" in fails(capsys, "reconstruct", run, "--picture", tmp_path / "notes.png")
    assert "gone.png" in fails(capsys, "reconstruct", run, "--picture", tmp_path / "gone.png")
