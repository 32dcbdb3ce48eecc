"""Which experiments there are, and choosing among their rows."""

import dataclasses

import pytest

from limner.config import DataConfig, changed, essence
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.experiments.catalogue import CHANGES, COMPARISONS, EXPERIMENTS, PUBLISHED
from limner.experiments.experiment import quickly
from limner.presets import PRESETS
from limner.training.state import check_start

RETIRED = ["layer-norm", "jitter"]


def test_table1_is_the_studys_table():
    table = [
        # categories, Lx, Lz, read, write, z, T, batch, steps of the grid of canvases
        (("cat",), 146.50, 92.22, 5, 5, 10, 20, 64, ()),
        (("cat",), 166.69, 91.58, 5, 5, 10, 20, 100, (4, 7, 9)),
        (("dog",), 171.14, 92.42, 5, 5, 10, 10, 100, ()),
        (("dog",), 158.91, 91.22, 5, 5, 10, 20, 100, (4, 8, 15, 20)),
        (("cat", "dog"), 181.98, 91.82, 2, 5, 10, 20, 100, ()),
        (("cat", "dog"), 141.93, 91.56, 5, 5, 10, 20, 100, (7, 9, 15, 20)),
    ]
    rows = {row.name: row for row in EXPERIMENTS["table1"].rows}
    assert len(rows) == 3 * len(table)
    for (categories, Lx, Lz, read, write, z, steps, batch, shown), row in zip(
        table, PUBLISHED, strict=True
    ):
        assert (row.Lx, row.Lz) == (Lx, Lz)
        columns = [rows[f"{row.name}/{column}"] for column in ("as-published", "honest", "recipe")]
        assert [each.figure_steps for each in columns] == [shown, (), shown]
        published, honest, recipe = (each.config for each in columns)
        for config in (published, honest, recipe):
            assert config.data.name == "quickdraw"
            assert config.data.binarisation == "grey"
            assert config.data.categories == categories
            assert config.data.limit == 80_000
            model = config.model
            assert (model.read_grid, model.write_grid) == (read, write)
            assert (model.latent_size, model.num_steps, model.hidden_size) == (z, steps, 256)
        sizes = {"batch_size": batch, "updates": 10_000}
        assert published.train == dataclasses.replace(PRESETS["study"].train, **sizes)
        assert (published.train.optimiser, published.train.learning_rate) == ("rmsprop", 1e-3)
        assert (published.train.clipping, published.train.clip_norm) == ("per-variable", 5)
        assert published.train.protocol == "as-published"
        assert not published.model.learned_start
        assert honest == changed(published, {"train.protocol": "honest"})
        assert recipe.train == dataclasses.replace(PRESETS["quickdraw"].train, **sizes)


def test_seeds_are_of_rows_of_table1_and_change_nothing_else():
    rows = {row.name: row for row in EXPERIMENTS["table1"].rows}
    names = [name for one in COMPARISONS for name in (one.theirs, one.ours)]
    assert len(EXPERIMENTS["seeds"].rows) == 3 * len(names) == 18
    for name in names:
        for seed, row in enumerate(EXPERIMENTS["seeds"].chosen([name])):
            assert row.config == changed(rows[name].config, {"train.seed": seed})


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_rows_have_names_and_settings_of_their_own(kind):
    experiment = EXPERIMENTS[kind]
    assert len({row.name for row in experiment.rows}) == len(experiment.rows)
    rows = experiment.chosen()
    assert len({(row.config, row.predictor) for row in rows}) == len(rows)


def test_a_row_that_starts_from_other_weights_finds_them():
    rows = [row for experiment in EXPERIMENTS.values() for row in experiment.rows]
    later = [row for row in rows if row.config.train.start_from is not None]
    assert len(later) == 4
    data = open_dataset(DataConfig(categories=("cat", "dog"), limit=40))
    for row in later:  # in which a warning is an error
        check_start(row.config, data)


def test_a_row_of_the_recipe_changes_what_it_says_and_no_more():
    rows = {row.name: essence(row.config) for row in EXPERIMENTS["recipe"].rows}
    for entry in CHANGES:
        differing = {key for key, value in rows["recipe"].items() if rows[entry.name][key] != value}
        assert differing == set(entry.changes)


def test_a_quick_experiment_trains_for_less_under_another_name():
    for experiment in EXPERIMENTS.values():
        quick = quickly(experiment)
        assert quick.name != experiment.name
        assert all(row.updates <= 100 for row in quick.rows)
        assert [row.name for row in quick.rows] == [row.name for row in experiment.chosen()]


def test_rows_are_chosen_by_name_by_first_part_or_by_pattern():
    def names(*patterns: str) -> list[str]:
        return [row.name for row in EXPERIMENTS["table1"].chosen(patterns)]

    assert names("dog/honest") == ["dog/honest"]
    assert names("dog") == ["dog/as-published", "dog/honest", "dog/recipe"]
    assert names("mix/recipe", "dog/honest") == ["dog/honest", "mix/recipe"]
    assert len(names("*/honest")) == 6
    assert len(names()) == 18
    with pytest.raises(LimnerError, match=r"no row 'horse' to run: use cat-b64/as-published"):
        names("horse")


def test_a_retired_row_cannot_be_chosen_and_the_error_says_why():
    experiment = EXPERIMENTS["recipe"]
    assert [row.name for row in experiment.rows if row.retired] == RETIRED
    assert not {row.name for row in experiment.chosen(["*"])} & {*RETIRED}
    assert len(experiment.chosen()) == 22
    with pytest.raises(LimnerError, match=r"limner no longer has model.cell layer-norm-lstm"):
        experiment.chosen(["layer-norm"])
