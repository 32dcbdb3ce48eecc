"""Training is a function of its settings: repeated, stopped or killed, it ends the same."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import jax
import numpy as np
import pytest
from runs import assert_same, checkpointed

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError, Mended
from limner.evaluation.measure import estimate, one_sample
from limner.run import Run
from limner.training.checkpoint import open_checkpoints
from limner.training.loop import fit_run
from limner.training.state import initial_model

TINY = RunConfig(
    model=ModelConfig(hidden_size=12, num_steps=3, latent_size=2, read_grid=2, write_grid=3),
    data=DataConfig(categories=("cat", "dog"), limit=60),
    train=TrainConfig(
        updates=50, batch_size=8, validate_every=20, warmup_updates=5, learning_rate=5e-3
    ),
)
GOLDEN = Path(__file__).parent / "golden" / "losses.json"


def with_training(**changes) -> RunConfig:
    return dataclasses.replace(TINY, train=dataclasses.replace(TINY.train, **changes))


@pytest.fixture(scope="module")
def dataset():
    return open_dataset(TINY.data)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, dataset) -> Run:
    """A run from start to end."""
    run = Run.create(tmp_path_factory.mktemp("runs") / "finished", TINY)
    assert fit_run(run, dataset).finished
    return run


def test_losses_are_those_on_record(finished):
    rows = [row for row in finished.read_metrics() if row["kind"] == "valid"]
    got = [(row["update"], row["distortion"], row["rate"]) for row in rows]
    if os.environ.get("LIMNER_UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(got, indent=1) + "\n")
    np.testing.assert_allclose(got, json.loads(GOLDEN.read_text()), rtol=2e-3)


def test_the_same_settings_give_the_same_run(finished, tmp_path, dataset):
    again = Run.create(tmp_path / "again", TINY)
    fit_run(again, dataset)
    assert_same(finished, again)


@pytest.mark.parametrize("stop_at", [20, 40])
def test_a_run_cut_off_at_any_step_goes_on_as_if_it_had_not(finished, tmp_path, dataset, stop_at):
    run = Run.create(tmp_path / "cut", TINY)

    class Cut(Exception):
        pass

    def cut(progress):
        if progress.update == stop_at:
            raise Cut

    with pytest.raises(Cut):
        fit_run(run, dataset, cut)
    assert fit_run(run, dataset).finished
    assert_same(finished, run)


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM])
def test_control_c_stops_at_a_checkpoint_and_training_goes_on_from_there(
    finished, tmp_path, dataset, wish
):
    before = signal.getsignal(wish)
    run = Run.create(tmp_path / "stopped", TINY)

    def press(progress):
        if progress.update == 20:
            signal.raise_signal(wish)

    outcome = fit_run(run, dataset, press)
    assert not outcome.finished
    assert str(outcome.updates) in checkpointed(run)
    assert signal.getsignal(wish) is before
    assert fit_run(run, dataset).finished
    assert_same(finished, run)


def test_a_finished_run_has_nothing_left_to_do(finished, dataset):
    before = finished.metrics.read_bytes()
    outcome = fit_run(finished, dataset)
    assert outcome.finished
    assert outcome.updates == 50
    assert finished.metrics.read_bytes() == before


def test_the_last_two_checkpoints_and_the_best_are_kept(finished):
    rows = [row for row in finished.read_metrics() if row["kind"] == "valid"]
    best = min(rows, key=lambda row: row["bound"])["update"]
    assert checkpointed(finished) == sorted({str(best), "40", "50"})


def test_training_lowers_the_loss(finished, dataset):
    untrained = initial_model(TINY, dataset)
    measure = one_sample(TINY.model.num_steps, "honest")
    before, after = (
        estimate(measure, model, dataset.split("test"), binarisation="grey", seed=1).bound.mean()
        for model in (untrained, finished.load_model())
    )
    assert after < before


def test_devices_do_not_change_what_is_computed(finished, tmp_path, dataset):
    config = with_training(devices=1)
    run = Run.create(tmp_path / "one", config)
    fit_run(run, dataset)
    assert json.loads((finished.folder / "sessions.jsonl").read_text().splitlines()[0])[
        "devices"
    ] == min(2, jax.device_count())
    for a, b in zip(finished.read_metrics(), run.read_metrics(), strict=True):
        assert a["bound"] == pytest.approx(b["bound"], rel=1e-3)


def test_a_loss_that_is_not_finite_stops_with_its_step_and_keeps_the_last_good_state(
    tmp_path, dataset
):
    config = with_training(learning_rate=1e20, clip_norm=1e30, warmup_updates=45, updates=50)
    run = Run.create(tmp_path / "wild", config)
    with pytest.raises(LimnerError, match=r"not finite at update \d+"):
        fit_run(run, dataset)
    assert all(np.isfinite(row["bound"]) for row in run.read_metrics())


def test_weights_that_broke_in_the_last_update_before_a_validation_are_not_kept(tmp_path, dataset):
    # Half a million times the loss's own gradient: the first update is the last there is.
    config = with_training(
        optimiser="rmsprop", learning_rate=1e30, clip_norm=1e30, warmup_updates=0, validate_every=1
    )
    run = Run.create(tmp_path / "broken", config)
    with pytest.raises(LimnerError, match=r"not finite at update 1: try a lower"):
        fit_run(run, dataset)
    assert not run.weights.exists()
    assert not run.finished


def test_a_run_is_finished_with_its_last_validation(finished, tmp_path):
    run = Run.create(tmp_path / "almost", TINY)
    run.weights.write_bytes(finished.weights.read_bytes())
    rows = finished.read_metrics()
    run.write_metrics(rows[:-1])  # killed between the last update and its validation
    assert not run.finished
    run.write_metrics(rows)
    assert run.finished


def test_what_is_measured_does_not_depend_on_chunks_or_order(finished, monkeypatch):
    dataset = open_dataset(dataclasses.replace(TINY.data, limit=400, binarisation="dynamic"))
    split, measure = dataset.split("train"), one_sample(3, "honest")
    some = np.arange(len(split))[::-7][:50]

    def measured(indices, seed=2**32 - 1):
        return estimate(
            measure,
            finished.load_model(),
            split,
            binarisation="dynamic",
            seed=seed,
            indices=indices,
        ).bound

    whole = measured(None)
    assert len(whole) == len(split) > 256
    np.testing.assert_allclose(measured(some), whole[some], rtol=1e-5)
    monkeypatch.setattr("limner.evaluation.measure.CHUNK", 17)
    np.testing.assert_allclose(measured(some), whole[some], rtol=1e-5)
    assert not np.allclose(measured(some, seed=0), whole[some])


def test_what_the_studys_protocol_gives_goes_by_the_studys_names(tmp_path, dataset):
    run = Run.create(tmp_path / "published", with_training(updates=20, protocol="as-published"))
    fit_run(run, dataset)
    for row in run.read_metrics():
        assert row["protocol"] == "as-published"
        assert "bound" not in row
        assert row["Lz"] >= 3 * (2 - 1) / 2  # the constant, and a rate of at least 0
        assert row["Lx+Lz"] == pytest.approx(row["Lx"] + row["Lz"])


def test_images_of_another_shape_than_the_models_are_refused(tmp_path, dataset):
    config = dataclasses.replace(TINY, model=dataclasses.replace(TINY.model, width=20))
    run = Run.create(tmp_path / "shape", config)
    with pytest.raises(LimnerError, match=r"\(1, 28, 28\).*\(1, 28, 20\)"):
        fit_run(run, dataset)


@pytest.fixture
def copy(finished, tmp_path) -> Run:
    """The finished run, to be damaged."""
    shutil.copytree(finished.folder, tmp_path / "copy")
    return Run.open(tmp_path / "copy")


def damage(checkpoint: Path, how: str) -> None:
    """Damage all that Orbax wrote of a checkpoint, or a bit of its largest file."""
    files = [path for path in checkpoint.glob("default/**/*") if path.is_file()]
    if how == "bit":
        files = [max(files, key=lambda path: path.stat().st_size)]
    for path in files:
        whole = path.read_bytes()
        if how == "remove":
            path.unlink()
        elif how == "truncate":
            path.write_bytes(whole[: len(whole) // 2])
        else:
            path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 16]) + whole[-8:])


@pytest.mark.parametrize("how", ["bit", "truncate", "remove"])
def test_training_goes_on_from_the_checkpoint_before_a_damaged_one(finished, copy, dataset, how):
    damage(copy.checkpoints / "50", how)
    with pytest.warns(Mended, match=r"50 is damaged \(.*training goes on from update 40"):
        assert fit_run(copy, dataset).finished
    assert_same(finished, copy)


def test_if_no_checkpoint_is_whole_nothing_is_written(copy, dataset):
    for name in checkpointed(copy):
        damage(copy.checkpoints / name, "bit")
    before = {path: path.read_bytes() for path in copy.folder.rglob("*") if path.is_file()}
    with pytest.raises(
        LimnerError, match=r"is damaged.*no checkpoint before it is whole"
    ) as caught:
        fit_run(copy, dataset)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in copy.folder.rglob("*") if path.is_file()} == before


def test_weights_without_a_checkpoint_are_not_trained_over(copy, dataset):
    shutil.rmtree(copy.checkpoints)
    before = {path: path.read_bytes() for path in copy.folder.rglob("*") if path.is_file()}
    for _ in range(2):
        with pytest.raises(LimnerError, match=r"weights but no checkpoints.*--train.start-from"):
            fit_run(copy, dataset)
    assert {path: path.read_bytes() for path in copy.folder.rglob("*") if path.is_file()} == before


def test_a_checkpoint_cut_off_before_its_checksums_is_gone_on_from(finished, copy, dataset):
    for name in checkpointed(copy):
        (copy.checkpoints / name / "contents.json").unlink()
    assert fit_run(copy, dataset).finished
    assert_same(finished, copy)


def test_lost_weights_are_those_of_the_best_checkpoint(tmp_path, dataset):
    run = Run.create(tmp_path / "wild", with_training(learning_rate=0.3, warmup_updates=45))
    best = fit_run(run, dataset).validation
    assert best is not None
    assert best["update"] < 50
    before = run.weights.read_bytes()
    run.weights.unlink()
    with pytest.warns(Mended, match=f"made again from update {best['update']}"):
        assert fit_run(run, dataset).finished
    assert run.weights.read_bytes() == before
    run.weights.unlink()
    damage(run.checkpoints / str(best["update"]), "bit")
    with pytest.raises(
        LimnerError, match=r"model.safetensors was lost or damaged, and its checkpoint"
    ):
        fit_run(run, dataset)


def test_what_a_finished_run_lost_is_made_again(finished, copy, dataset):
    copy.weights.unlink()
    copy.metrics.write_text("".join(copy.metrics.read_text().splitlines(keepends=True)[1:]))
    with pytest.warns(Mended) as said:
        assert fit_run(copy, dataset).finished
    metrics, weights = (str(one.message) for one in said)
    assert "metrics.jsonl was lost or damaged: made again up to update 50" in metrics
    assert "model.safetensors was lost or damaged: made again from update 50" in weights
    assert_same(finished, copy)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_full_disk_is_one_line_and_training_goes_on_later(finished, tmp_path, dataset):
    resource = pytest.importorskip("resource")
    run = Run.create(tmp_path / "full", TINY)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_disk(progress):
        if progress.update == 40:
            resource.setrlimit(resource.RLIMIT_FSIZE, (18_000, before[1]))

    try:
        with pytest.raises(LimnerError, match=r"50 cannot be written \(File too large\)") as caught:
            fit_run(run, dataset, fill_disk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(caught.value)
    assert fit_run(run, dataset).finished
    assert_same(finished, run)


def test_what_a_failed_save_still_writes_is_waited_for(tmp_path):
    half = tmp_path / "50.orbax-checkpoint-tmp" / "default"
    half.mkdir(parents=True)
    stop = time.monotonic() + 0.3

    def write():
        count = 0
        while time.monotonic() < stop:
            with contextlib.suppress(OSError):
                (half / str(count)).touch()
            count += 1

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.1)
    with open_checkpoints(tmp_path):
        writer.join()
        assert not half.exists()


def test_training_works_outside_the_main_thread(finished, tmp_path, dataset):
    run = Run.create(tmp_path / "thread", TINY)
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(fit_run(run, dataset)))
    thread.start()
    thread.join()
    assert outcomes[0].finished
    assert_same(finished, run)


def test_a_path_that_is_not_unicode_is_refused_for_checkpoints(tmp_path):
    with pytest.raises(LimnerError, match="r\ufffd/checkpoints is not UTF-8: rename its folders"):
        open_checkpoints(tmp_path / "r\udcff" / "checkpoints")
