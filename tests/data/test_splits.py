"""Laws of splits, of the shuffled order and of binarisation."""

import time
import tracemalloc
from collections import Counter
from zlib import crc32

import numpy as np
import pytest
from data_writers import bitmaps, mnist_root, npy as npy_bytes, npz, quickdraw_root, sparse_root
from hypothesis import given, strategies as st

from limner.config import DataConfig
from limner.data import binarise, quickdraw
from limner.data.dataset import open_dataset
from limner.data.shuffle import batch_indices
from limner.data.sources import Pictures
from limner.data.splits import BY_ROW, Progression, Split
from limner.errors import LimnerError

SHAPE = (1, 28, 28)


def pictures(name="cat", count=40):
    return Pictures(name, bitmaps(count, count).reshape(-1, *SHAPE))


def split_of(*sources, progression=BY_ROW["train"]):
    counts = tuple(progression.count(len(source)) for source in sources)
    return Split(tuple(sources), progression, counts)


@given(st.integers(0, 60), st.integers(1, 60))
def test_blocks_are_all_indices_in_their_order(length, size):
    blocks = list(Split((pictures(),), Progression(0, 1, 1), (length,)).blocks(size))
    assert [len(block) for block in blocks[:-1]] == [size] * (len(blocks) - 1)
    assert [index for block in blocks for index in block] == list(range(length))


@given(st.integers(0, 100))
def test_the_splits_share_out_every_row_once(length):
    rows = [
        progression.rows(np.arange(progression.count(length))) for progression in BY_ROW.values()
    ]
    assert sorted(np.concatenate(rows)) == list(range(length))


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_row_keeps_its_split_when_the_file_grows(length, more):
    for progression in BY_ROW.values():
        shorter = progression.rows(np.arange(progression.count(length)))
        longer = progression.rows(np.arange(progression.count(length + more)))
        assert longer[: len(shorter)].tolist() == shorter.tolist()


@given(st.integers(0, 20), st.integers(1, 9), st.integers(0, 9), st.integers(0, 100))
def test_a_progression_counts_the_rows_it_takes(first, run, gap, length):
    progression = Progression(first, run, run + gap)
    taken = [row for row in range(first, length) if (row - first) % (run + gap) < run]
    assert progression.count(length) == len(taken)
    assert progression.rows(np.arange(len(taken))).tolist() == taken


def test_the_last_digit_of_the_row_decides():
    cat = pictures(count=1_000)
    for progression, digits in zip(BY_ROW.values(), (range(8), [8], [9]), strict=True):
        split = split_of(cat, progression=progression)
        assert set(split.rows(np.arange(len(split))) % 10) == set(digits)


def test_a_split_reads_the_rows_it_names_whatever_their_order():
    sources = pictures("cat", 35), pictures("dog", 7), pictures("eye", 120)
    split = split_of(*sources)
    indices = np.random.default_rng(0).permutation(len(split)).repeat(2)
    categories, rows = split.categories(indices), split.rows(indices)
    expected = [sources[c].pixels[row] for c, row in zip(categories, rows, strict=True)]
    assert (split.levels(indices) == np.stack(expected)).all()
    assert Counter(categories.tolist()) == {0: 58, 1: 14, 2: 192}


def test_an_index_outside_is_an_error_and_no_batch_is_no_drawing():
    split = split_of(pictures(count=40))
    for outside in (-1, 32):
        with pytest.raises(IndexError):
            split.levels(np.array([outside]))
    assert split.levels(np.array([], int)).shape == (0, *SHAPE)


@given(st.integers(1, 300), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_every_epoch_holds_every_index_once(length, batch_size, seed):
    steps = -(-3 * length // batch_size)
    order = np.concatenate([batch_indices(length, batch_size, k, seed) for k in range(steps)])
    for epoch in range(3):
        assert sorted(order[epoch * length : (epoch + 1) * length]) == list(range(length))


def test_batches_of_any_size_walk_through_the_same_order():
    by_tens = np.concatenate([batch_indices(97, 10, k, 3) for k in range(19)])
    assert (by_tens == batch_indices(97, 190, 0, 3)).all()


def test_epochs_and_seeds_have_orders_of_their_own():
    first = batch_indices(10_000, 10_000, 0, 0)
    for other in (batch_indices(10_000, 10_000, 1, 0), batch_indices(10_000, 10_000, 0, 1)):
        assert (first == other).mean() < 0.001


@pytest.mark.parametrize("length", [7, 10, 37])
def test_every_place_is_equally_likely_for_every_index(length):
    orders = np.stack([batch_indices(length, length, 0, seed) for seed in range(4_000)])
    steps = (orders[:, 1] - orders[:, 0]) % length - 1  # from one place to the next, never 0
    for drawn, cells in ((orders[:, 0], length), (orders[:, -1], length), (steps, length - 1)):
        expected = len(drawn) / cells
        chi_squared = ((np.bincount(drawn, minlength=cells) - expected) ** 2 / expected).sum()
        assert chi_squared < cells + 5 * np.sqrt(2 * cells)


def test_a_batch_mixes_the_whole_range_of_50_million():
    length = 50_000_000
    batch = batch_indices(length, 4_096, 12_345, 0)
    assert len(np.unique(batch)) == 4_096
    assert 0 <= batch.min() <= batch.max() < length
    # Means of uniform numbers: the bounds are five standard errors.
    assert abs(batch.mean() / length - 0.5) < 5 / np.sqrt(12 * 4_096)
    steps = np.abs(np.diff(batch)) / length
    assert abs(steps.mean() - 1 / 3) < 5 / np.sqrt(18 * 4_096)


def test_threshold_cuts_between_127_and_128():
    levels = np.array([0, 127, 128, 255], np.uint8).reshape(4, 1, 1, 1)
    assert binarise.threshold(levels).ravel().tolist() == [0, 0, 255, 255]


def test_no_ink_stays_none_and_full_ink_stays_full():
    noise = np.arange(65_536, dtype=np.uint16).reshape(-1, 1, 1, 1)
    for level in (0, 255):
        levels = np.full(noise.shape, level, np.uint8)
        assert (binarise.draw(levels, noise) == level).all()


@given(st.integers(0, 255))
def test_the_chance_of_ink_is_the_level(level):
    noise = np.arange(65_536, dtype=np.uint16).reshape(-1, 1, 1, 1)
    ink = binarise.draw(np.full(noise.shape, level, np.uint8), noise) == 255
    assert abs(ink.mean() - level / 255) < 1 / 65_536


def test_the_noise_is_the_raw_words_of_a_philox_keyed_by_source_and_row():
    noise = binarise.noise(np.array([7, 7], np.uint64), np.array([3, 9]), (1, 5, 5), (11, 12))
    for row, found in zip((3, 9), noise, strict=True):
        generator = np.random.Philox(
            key=np.array([7, row], np.uint64), counter=np.array([0, 2, 11, 12], np.uint64)
        )
        words = [int(word) for word in generator.random_raw(7)]
        halves = [word >> shift & 0xFFFF for word in words for shift in (0, 16, 32, 48)]
        assert found.ravel().tolist() == halves[:25]


def test_static_targets_depend_on_name_and_row_alone():
    cat, dog = pictures("cat", 40), pictures("dog", 40)
    longer = Pictures("cat", np.concatenate([cat.pixels, dog.pixels]))
    alone = split_of(cat).targets(np.arange(32), "static", ())
    behind = split_of(dog, longer).targets(np.arange(32, 64)[::-1], "static", ())[::-1]
    assert (alone == behind).all()
    renamed = split_of(Pictures("dog", cat.pixels)).targets(np.arange(32), "static", ())
    assert (alone != renamed).any()


def test_static_targets_stay_what_they_were():
    ramp = np.arange(784, dtype=np.uint8).reshape(1, *SHAPE)
    targets = split_of(Pictures("cat", ramp)).targets(np.array([0]), "static", ())
    assert crc32(targets.tobytes()) == 4_154_555_160


def test_dynamic_targets_differ_by_visit_and_are_the_same_for_the_same_visit():
    split = split_of(pictures())
    first, again, later = (
        split.targets(np.arange(32), "dynamic", key) for key in ((0, 1), (0, 1), (0, 2))
    )
    assert (first == again).all()
    assert (first != later).any()
    static = split.targets(np.arange(32), "static", (0, 1))
    assert (static != split.targets(np.arange(32), "dynamic", (0, 0))).any()
    with pytest.raises(ValueError, match="needs a key"):
        split.targets(np.arange(32), "dynamic", ())


def test_dynamic_targets_of_a_process_are_its_slice_of_the_whole_batch():
    split = split_of(pictures())
    whole = split.targets(np.arange(32), "dynamic", (5, 6))
    halves = [split.targets(half, "dynamic", (5, 6)) for half in np.split(np.arange(32), 2)]
    assert (whole == np.concatenate(halves)).all()


def test_dynamic_targets_are_grey_on_average():
    levels = np.full((1, *SHAPE), 60, np.uint8)
    split = split_of(Pictures("cat", levels))
    mean = np.mean([split.targets(np.array([0]), "dynamic", (0, k)) for k in range(100)])
    assert abs(mean - 60) < 5 * 255 * np.sqrt(60 / 255 * 195 / 255 / 78_400)


def test_quickdraw_mixes_categories_as_their_counts_are(tmp_path):
    root = quickdraw_root(tmp_path, cat=100, dog=45)
    dataset = open_dataset(DataConfig(name="quickdraw", root=root, categories=("dog", "cat")))
    assert dataset.categories == ("dog", "cat")
    assert dataset.shape == SHAPE
    assert dataset.sizes == {"train": 37 + 80, "valid": 4 + 10, "test": 4 + 10}
    test = dataset.split("test")
    assert test.rows(np.arange(5)).tolist() == [9, 19, 29, 39, 9]
    assert (test.levels(np.array([4]))[0].ravel() == bitmaps(100, 100)[9]).all()


def test_50_million_drawings_open_at_once_and_a_batch_of_them_takes_a_batch_of_memory(tmp_path):
    names = quickdraw.categories()
    root = sparse_root(tmp_path, names, rows=145_000)
    start = time.process_time()
    dataset = open_dataset(DataConfig(name="quickdraw", root=root, categories=names), fetch=False)
    train = dataset.split("train")
    assert time.process_time() - start < 2
    assert len(train) == 345 * 116_000
    tracemalloc.start()
    for step in range(5):
        train.levels(batch_indices(len(train), 1_024, step, 0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 1_024 * 784


def test_a_limit_takes_the_first_rows(tmp_path):
    root = quickdraw_root(tmp_path, cat=100)
    dataset = open_dataset(DataConfig(name="quickdraw", root=root, limit=20))
    assert dataset.sizes == {"train": 16, "valid": 2, "test": 2}


def test_an_unknown_category_is_refused_with_names_like_it(tmp_path):
    with pytest.raises(LimnerError, match="bicycle"):
        open_dataset(DataConfig(name="quickdraw", root=tmp_path, categories=("bycicle",)))


def test_a_missing_file_is_asked_for_by_its_place_and_its_address(tmp_path):
    with pytest.raises(LimnerError, match=r"alarm clock\.npy .*alarm%20clock\.npy"):
        open_dataset(
            DataConfig(name="quickdraw", root=tmp_path, categories=("alarm clock",)), fetch=False
        )


def test_the_root_is_found_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMNER_DATA", str(quickdraw_root(tmp_path, cat=100)))
    assert open_dataset(DataConfig(name="quickdraw")).sizes["test"] == 10


def test_mnist_keeps_its_official_test_set_and_its_digits(tmp_path):
    dataset = open_dataset(DataConfig(name="mnist", root=mnist_root(tmp_path)))
    assert dataset.sizes == {"train": 50, "valid": 10, "test": 20}
    assert dataset.categories == tuple("0123456789")
    valid = dataset.split("valid")
    assert (valid.levels(np.arange(10))[:, 0, 0, 0] == np.arange(50, 60)).all()
    assert valid.categories(np.arange(10)).tolist() == [*range(10)]
    limited = open_dataset(DataConfig(name="mnist", root=tmp_path, limit=10))
    assert limited.sizes == {"train": 8, "valid": 1, "test": 1}


def test_static_mnist_keeps_its_split_and_is_ink_or_none(tmp_path):
    bits = bitmaps(70, 1) % 2
    archive = npz(
        **{
            part: npy_bytes(bits[rows])
            for part, rows in (
                ("valid", slice(50, 60)), ("train", slice(50)), ("test", slice(60, 70)),
            )
        }
    )  # fmt: skip
    (tmp_path / "mnist_binarized").mkdir()
    (tmp_path / "mnist_binarized" / "mnist_binarized.npz").write_bytes(archive)
    dataset = open_dataset(DataConfig(name="static-mnist", root=tmp_path))
    assert dataset.sizes == {"train": 50, "valid": 10, "test": 10}
    levels = dataset.split("valid").levels(np.arange(10))
    assert (levels.reshape(10, 784) == 255 * bits[50:60]).all()
    for binarisation in ("grey", "threshold", "static"):
        assert (dataset.split("valid").targets(np.arange(10), binarisation, ()) == levels).all()


def test_doodles_need_no_file_and_are_the_same_whoever_asks_first():
    config = DataConfig(name="doodles", categories=("cat",), limit=30)
    there, back = open_dataset(config).split("train"), open_dataset(config).split("train")
    forwards = there.levels(np.arange(24))
    backwards = np.concatenate([back.levels(np.array([i])) for i in range(23, -1, -1)])[::-1]
    assert (forwards == backwards).all()
    assert forwards.max() > 200


def test_too_few_rows_to_test_with_is_said(tmp_path):
    root = quickdraw_root(tmp_path, cat=9)
    with pytest.raises(LimnerError, match="test"):
        open_dataset(DataConfig(name="quickdraw", root=root)).split("test")


def test_official_bitmaps_mnist_and_static_mnist_open(shared_data):
    cat = open_dataset(DataConfig(name="quickdraw", root=shared_data), fetch=False)
    assert cat.sizes == {"train": 3_200, "valid": 400, "test": 399}
    for name in ("mnist", "static-mnist"):
        dataset = open_dataset(DataConfig(name=name, root=shared_data), fetch=False)
        assert dataset.sizes == {"train": 50_000, "valid": 10_000, "test": 10_000}
