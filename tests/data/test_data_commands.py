"""Export, verify, list, rasterise, and `limner data` itself."""

import os
from pathlib import Path

import numpy as np
import pytest
from commands import fails
from data_writers import (
    RAW,
    SIMPLIFIED,
    binary,
    bitmaps,
    mnist_root,
    ndjson,
    npy,
    npz,
    pickled,
    quickdraw_root,
    sketchrnn,
    stroke_3,
)
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from limner.cli.main import main
from limner.config import DataConfig
from limner.data import mnist
from limner.data.dataset import Dataset, open_dataset
from limner.data.export import export
from limner.data.images import open_images
from limner.data.library import held, verify
from limner.data.rasterise_file import rasterise_file
from limner.data.rasteriser import preferred_backend, rasterise
from limner.data.strokes import simplify
from limner.errors import LimnerError

FIRST = preferred_backend()


@pytest.fixture
def mixed(tmp_path):
    root = quickdraw_root(tmp_path / "root", cat=2_000, dog=45)
    return open_dataset(DataConfig(name="quickdraw", root=root, categories=("cat", "dog")))


def everything(dataset, *splits):
    """Levels (n, h, w) and categories of whole splits, one after the other."""
    parts = [dataset.split(which) for which in splits]
    levels = [part.levels(np.arange(len(part)))[:, 0] for part in parts]
    categories = [part.categories(np.arange(len(part))) for part in parts]
    return np.concatenate(levels), np.concatenate(categories)


def test_idx_reads_back_as_mnist_level_by_level(mixed, tmp_path):
    paths = export(mixed, tmp_path / "out", "idx")
    assert [path.name for path in paths] == [
        *(f"{stem}.gz" for stems in mnist.STEMS.values() for stem in stems),
        "categories.txt",
    ]
    back = open_dataset(DataConfig(name="mnist", root=tmp_path / "out"), fetch=False)
    for here, there in ((("train", "valid"), ("train", "valid")), (("test",), ("test",))):
        for written, read in zip(everything(mixed, *here), everything(back, *there), strict=True):
            assert (written == read).all()


def test_mnist_exports_as_the_files_it_was_read_from(tmp_path):
    dataset = open_dataset(DataConfig(name="mnist", root=mnist_root(tmp_path)))
    export(dataset, tmp_path / "out", "idx")
    for part in ("train", "t10k"):
        for was, now in zip(
            mnist.read_part(tmp_path, part), mnist.read_part(tmp_path / "out", part), strict=True
        ):
            assert (was == now).all()


def test_exporting_twice_writes_the_same_bytes(mixed, tmp_path):
    for format in ("idx", "npy"):
        first, second = (export(mixed, tmp_path / name, format) for name in "ab")
        assert [a.read_bytes() for a in first] == [b.read_bytes() for b in second]


@pytest.mark.parametrize("format", ["npy", "npz"])
def test_arrays_are_read_by_numpy(mixed, tmp_path, format):
    done = []
    paths = export(mixed, tmp_path, format, on_progress=lambda *counts: done.append(counts))
    if format == "npz":
        arrays = dict(np.load(paths[0]))
    else:
        arrays = {path.stem: np.load(path) for path in paths[:-1]}
    for which in ("train", "valid", "test"):
        levels, categories = everything(mixed, which)
        assert (arrays[which] == levels).all()
        assert (arrays[f"{which}_categories"] == categories).all()
    assert paths[-1].read_text() == "cat\ndog\n"
    assert done[-1] == (2_045, 2_045)


def test_names_that_are_no_text_are_listed_one_a_line(tmp_path):
    labels = ["caf\udce9", "two\nlines"] * 10
    data = Dataset.from_arrays(np.zeros((20, 4, 4), np.uint8), labels=labels)
    *_, names = export(data, tmp_path, "npy")
    assert names.read_text("utf-8") == "caf\ufffd\ntwo lines\n"


@pytest.mark.parametrize("name", ["../out", "/out", "..", ""])
def test_a_category_that_names_another_folder_is_refused(name, tmp_path):
    labels = [name, "cat"] * 10
    data = Dataset.from_arrays(np.zeros((20, 4, 4), np.uint8), labels=labels)
    with pytest.raises(LimnerError, match="no name for a folder"):
        export(data, tmp_path / "new", "png")
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_named_after_their_rows(tmp_path):
    root = quickdraw_root(tmp_path / "root", cat=20)
    dataset = open_dataset(DataConfig(name="quickdraw", root=root))
    folders = export(dataset, tmp_path / "out", "png")
    assert [folder.name for folder in folders] == ["train", "valid", "test"]
    picture = np.asarray(Image.open(tmp_path / "out" / "test" / "cat" / "00000019.png"))
    assert (picture.ravel() == bitmaps(20, 20)[19]).all()


def test_pictures_are_exported_all_or_none_and_none_is_lost(tmp_path):
    root = quickdraw_root(tmp_path / "root", cat=20)
    dataset = open_dataset(DataConfig(name="quickdraw", root=root))
    out = tmp_path / "out"

    class Cut(Exception):
        pass

    def cut(done, total):
        if done == total:
            raise Cut

    with pytest.raises(Cut):
        export(dataset, out, "png", on_progress=cut)
    assert [path.name for path in tmp_path.iterdir()] == ["root"]
    out.mkdir()
    (out / "mine.png").write_bytes(b"mine")
    with pytest.raises(LimnerError, match="out is there already"):
        export(dataset, out, "png")
    assert [path.name for path in out.iterdir()] == ["mine.png"]


def test_colours_are_exported_but_not_as_mnist(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (20, 6, 4, 3), np.uint8)
    (tmp_path / "own.npy").write_bytes(npy(colours))
    dataset = open_dataset(DataConfig(name="images", path=tmp_path / "own.npy"))
    export(dataset, tmp_path / "npy", "npy")
    assert (np.load(tmp_path / "npy" / "test.npy") == colours[[9, 19]]).all()
    back = open_images(tmp_path / "npy" / "test.npy").sources[0]
    assert (back.levels(np.arange(2)) == colours[[9, 19]].transpose(0, 3, 1, 2)).all()
    with pytest.raises(LimnerError, match="one channel"):
        export(dataset, tmp_path / "idx", "idx")


def test_binarised_targets_are_exported_where_they_are_fixed(mixed, tmp_path):
    export(mixed, tmp_path, "npy", "static")
    test = mixed.split("test")
    targets = test.targets(np.arange(len(test)), "static", ())
    assert (np.load(tmp_path / "test.npy") == targets[:, 0]).all()
    with pytest.raises(LimnerError, match="dynamic"):
        export(mixed, tmp_path, "npy", "dynamic")


def test_a_set_too_small_to_split_is_exported_all_the_same(tmp_path):
    root = quickdraw_root(tmp_path / "root", cat=5)
    dataset = open_dataset(DataConfig(name="quickdraw", root=root))
    export(dataset, tmp_path / "out", "npy")
    assert len(np.load(tmp_path / "out" / "train.npy")) == 5
    with pytest.raises(LimnerError, match="no test"):
        export(dataset, tmp_path / "out", "idx")


def test_a_folder_that_cannot_be_written_is_said(mixed, tmp_path):
    (tmp_path / "file").write_text("")
    for format in ("idx", "npz", "npy", "png"):
        with pytest.raises(LimnerError, match="cannot be written"):
            export(mixed, tmp_path / "file" / "out", format)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_of_strokes_is_drawn_in_its_order(tmp_path, workers):
    source = tmp_path / "cat.ndjson"
    source.write_bytes(ndjson(SIMPLIFIED * 200))
    seen = []
    done = rasterise_file(source, tmp_path / "cat.npy", 28, workers, seen.append)
    expected = rasterise([[np.array(s) for s in drawing] for drawing in SIMPLIFIED], 28, FIRST)
    assert (np.load(tmp_path / "cat.npy") == np.tile(expected.reshape(3, 784), (200, 1))).all()
    assert done.drawings == seen[-1] == 600
    assert done.backend == FIRST


def read_at(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    done = rasterise_file(tmp_path / name, tmp_path / "out.npy", 28, 1)
    return np.load(tmp_path / "out.npy"), done.note


TRANSFORMS = st.tuples(
    st.sampled_from([2.0**-20, 0.25, 0.5, 2, 3, 37, 2.0**20]),
    st.tuples(*[st.integers(-1_000, 1_000)] * 2),
)
ORIGINAL = [
    [[[0, 255, 90], [0, 128, 200]], [[10, 20], [5, 60]]],
    [[[0, 100, 0], [255, 0, 3]]],
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(TRANSFORMS)
def test_strokes_of_any_scale_and_origin_give_the_same_images(tmp_path, transform):
    scale, shift = transform
    expected, note = read_at(tmp_path, "a.ndjson", ndjson(ORIGINAL))
    assert "as they are" in note
    moved = [
        [(scale * (np.array(stroke) + np.array(shift)[:, None])).tolist() for stroke in drawing]
        for drawing in ORIGINAL
    ]
    steps = [rows.astype(float) for rows in stroke_3(ORIGINAL)]
    for rows in steps:
        rows[:, :2] *= scale
        rows[0, :2] += shift
    part = pickled(steps)
    for name, data in (
        ("a.ndjson", ndjson(moved)),
        ("a.npz", npz(train=part, valid=part, test=part)),
    ):
        found, _ = read_at(tmp_path, name, data)
        assert (found[:2] == expected).all()


def test_what_was_made_of_a_files_scale_is_said(tmp_path):
    far = [[[[300, 900], [300, 500]]]]
    assert "each brought to 0..255" in read_at(tmp_path, "a.ndjson", ndjson(far))[1]
    assert "times" in read_at(tmp_path, "a.ndjson", ndjson(RAW))[1]
    few = ORIGINAL * 20 + far + [[[[0, 90], [0, 40]]]]
    found, note = read_at(tmp_path, "a.ndjson", ndjson(few))
    assert "as they are" in note
    alone = read_at(tmp_path, "a.ndjson", ndjson(far))[0]
    assert (found[40] == alone[0]).all()
    expected = rasterise([[np.array([[0, 90], [0, 40]])]], 28, FIRST)
    assert (found[41] == expected.reshape(784)).all()


def test_every_kind_of_strokes_is_drawn_at_any_side(tmp_path):
    drawings = [[[[0, 255], [0, 128]]], [[[0, 100, 0], [255, 0, 3]]]]
    expected = rasterise([[np.array(s) for s in drawing] for drawing in drawings], 40, FIRST)
    for name, data in (
        ("a.ndjson", ndjson(drawings)),
        ("a.bin", binary(drawings)),
        ("a.npz", sketchrnn(drawings)),
    ):
        (tmp_path / name).write_bytes(data)
        rasterise_file(tmp_path / name, tmp_path / "out.npy", 40, 1)
        assert (np.load(tmp_path / "out.npy")[:2] == expected.reshape(2, 1_600)).all()


def test_raw_drawings_are_simplified_first_and_empty_ones_are_blank(tmp_path):
    source = tmp_path / "cat.ndjson"
    source.write_bytes(ndjson([*RAW, []]))
    rasterise_file(source, tmp_path / "out.npy", 28, 1)
    expected = rasterise(
        [simplify([np.array(s)[:2] for s in drawing]) for drawing in RAW], 28, FIRST
    )
    found = np.load(tmp_path / "out.npy")
    assert (found[:2] == expected.reshape(2, 784)).all()
    assert not found[2].any()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_drawing_that_cannot_be_drawn_is_said_and_nothing_is_left(tmp_path, workers):
    source = tmp_path / "cat.ndjson"
    source.write_bytes(ndjson([*SIMPLIFIED, [[[0, 1e101], [0, 1]]]]))
    with pytest.raises(LimnerError, match=r"cat\.ndjson, drawing 4: "):
        rasterise_file(source, tmp_path / "out.npy", 28, workers)
    assert os.listdir(tmp_path) == ["cat.ndjson"]
    with pytest.raises(LimnerError, match=r"\.npy"):
        rasterise_file(source, tmp_path / "out.png")


def test_official_drawings_become_the_official_bitmaps(shared_data, tmp_path):
    folder = shared_data / "quickdraw_dataset" / "full"
    rasterise_file(folder / "simplified" / "cat.ndjson", tmp_path / "cat.npy", workers=1)
    official = np.load(folder / "numpy_bitmap" / "cat.npy")[:25]
    assert np.abs(np.load(tmp_path / "cat.npy").astype(int) - official).mean() < 0.05


def whole_root(root: Path) -> Path:
    quickdraw_root(root, cat=70)
    mnist_root(root)
    full = root / "quickdraw_dataset" / "full"
    for name, data in (
        ("simplified/alarm clock.ndjson", ndjson(SIMPLIFIED)),
        ("binary/cat.bin", binary(SIMPLIFIED)),
        ("../sketchrnn/cat.npz", sketchrnn(SIMPLIFIED)),
    ):
        (full / name).parent.mkdir(parents=True, exist_ok=True)
        (full / name).write_bytes(data)
    return root


def test_all_345_categories_are_listed_and_what_is_here_of_them(tmp_path):
    root = whole_root(tmp_path)
    (root / "quickdraw_dataset/full/numpy_bitmap/dog.npy").write_bytes(b"damaged")
    categories = {one.category: one for one in held(root)}
    assert len(categories) == 345
    assert categories["cat"].drawings == 70
    assert set(categories["cat"].sizes) == {"numpy_bitmap", "binary", "sketchrnn"}
    assert categories["cat"].sizes["binary"] == len(binary(SIMPLIFIED))
    assert categories["alarm clock"].sizes.keys() == {"simplified"}
    assert (categories["dog"].drawings, categories["dog"].sizes) == (None, {"numpy_bitmap": 7})
    assert categories["zigzag"] == ("zigzag", None, {})


def test_verify_counts_the_rows_of_whole_files(tmp_path):
    verdicts = list(verify(whole_root(tmp_path)))
    assert [verdict for verdict in verdicts if verdict.fault] == []
    assert {verdict.path.name: verdict.rows for verdict in verdicts} == {
        "cat.npy": 70,
        "alarm clock.ndjson": 3,
        "cat.bin": 3,
        "cat.npz": 9,
        "train-images-idx3-ubyte": 60,
        "train-labels-idx1-ubyte.gz": 60,
        "t10k-images-idx3-ubyte": 20,
        "t10k-labels-idx1-ubyte.gz": 20,
    }


def test_verify_names_each_damaged_file_and_goes_on(tmp_path):
    root = whole_root(tmp_path)
    paths = [verdict.path for verdict in verify(root)]
    for path in paths:
        path.write_bytes(path.read_bytes()[:-3])
    (root / "mnist" / "notes.txt").write_text("what is this")
    (root / "quickdraw_dataset" / "dog.npy.part").write_bytes(b"half")
    verdicts = list(verify(root))
    assert len(verdicts) == len(paths) + 2
    for verdict in verdicts:
        assert verdict.fault is not None
        assert str(verdict.path) in verdict.fault
        assert "\n" not in verdict.fault
    with pytest.raises(LimnerError, match="not a folder"):
        list(verify(tmp_path / "nowhere"))


def test_every_command_runs(tmp_path, capsys):
    root = whole_root(tmp_path / "root")
    out = tmp_path / "out"

    def run(words: list[str]) -> None:
        main(["data", *words])

    run(["list", "--root", str(root), "--here"])
    listed = capsys.readouterr().out
    assert "alarm clock" in listed
    assert "zigzag" not in listed
    assert "2 of 345 categories and 70 bitmaps" in listed

    run(["fetch", "cat", "mnist", "--root", str(root)])
    assert capsys.readouterr().out.endswith("cat.npy was here\n")

    data = ["--data.name", "quickdraw", "--data.root", str(root)]
    run(["export", "--to", str(out), "--format", "idx", *data])
    assert len(capsys.readouterr().out.splitlines()) == 5

    source = root / "quickdraw_dataset" / "full" / "binary" / "cat.bin"
    run(["rasterise", "--source", str(source), "--to", str(out / "cat.npy"), "--workers", "1"])
    assert f"3 drawings, drawn by {FIRST} (simplified" in capsys.readouterr().out

    run(["verify", "--root", str(root)])
    assert "8 files, 245 rows, 0 damaged" in capsys.readouterr().out
    source.write_bytes(b"cut")
    with pytest.raises(SystemExit) as caught:
        run(["verify", "--root", str(root)])
    assert caught.value.code == 1
    assert "1 damaged" in capsys.readouterr().out


def test_a_contact_sheet_is_shown(tmp_path, capsys):
    main(["data", "show", "--to", str(tmp_path / "sheet.png"), "--count", "9"])
    assert capsys.readouterr().out == f"{tmp_path / 'sheet.png'}\n"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 84


def test_a_contact_sheet_shows_ones_own_images_as_training_sees_them(tmp_path):
    (tmp_path / "own").mkdir()
    for number in range(10):
        colours = np.full((40, 60, 3), (250, 240, 90), np.uint8)
        colours[10:20, number : number + 20] = (200, 30, 30)
        Image.fromarray(colours).save(tmp_path / "own" / f"{number}.png")
    own = ["--data.name", "images", "--data.path", str(tmp_path / "own")]

    def colourfulness(*options: str) -> int:
        main(["data", "show", "--to", str(tmp_path / "sheet.png"), *own, *options])
        with Image.open(tmp_path / "sheet.png") as sheet:
            return int(np.ptp(np.asarray(sheet.convert("RGB")), axis=-1).max())

    assert colourfulness() < 20  # but for the page's own
    assert colourfulness("--shape", "3", "20", "30") > 100


def test_a_root_without_data_is_refused(tmp_path, capsys):
    assert "is not a folder" in fails(capsys, "data", "list", "--root", tmp_path / "none")
    assert f"{tmp_path} holds no data" in fails(capsys, "data", "verify", "--root", tmp_path)
