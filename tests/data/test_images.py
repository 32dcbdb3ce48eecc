"""Pictures of one's own: ink found, shapes kept, and nothing in a file believed."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_writers import bitmaps, npy
from PIL import Image, ImageDraw

from limner.config import DataConfig
from limner.data.dataset import open_dataset
from limner.data.images import category_names, open_images, read_picture
from limner.errors import LimnerError

SHAPE = (1, 28, 28)
STROKE = '<path d="M20 20 L80 60" stroke="{}" stroke-width="8" fill="none"/>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{}</svg>'


def drawn(ink: Any = 0, paper: Any = 255, size=(100, 100), mode="L") -> Image.Image:
    picture = Image.new(mode, size, paper)
    ImageDraw.Draw(picture).line([(20, 20), (80, 60)], fill=ink, width=8)
    return picture


def save(picture: Image.Image, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)
    return path


def put(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def is_the_stroke(levels: np.ndarray) -> bool:
    """Whether levels (h, w) are ink along the line from (20, 20) to (80, 60) of 100, else paper."""
    height, width = levels.shape
    along = np.linspace(0.1, 0.9, 9)
    xs = ((20 + 60 * along) / 100 * width).astype(int)
    ys = ((20 + 40 * along) / 100 * height).astype(int)
    return levels[ys, xs].min() > 120 and np.median(levels) < 10 and levels[-1].max() < 10


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG"])
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (40, 200)])
def test_ink_is_255_whatever_it_was(tmp_path, suffix, ink, paper):
    path = save(drawn(ink, paper), tmp_path / f"a{suffix}")
    levels = read_picture(path, SHAPE)[0].astype(float)
    levels = (levels - levels.min()) * 255 / (levels.max() - levels.min())
    assert is_the_stroke(levels)


@pytest.mark.parametrize("colour", ["black", "white"])
def test_transparent_paper_is_paper_under_dark_and_light_ink(tmp_path, colour):
    ink = 0 if colour == "black" else 255
    picture = drawn((ink, ink, ink, 255), (0, 0, 0, 0), mode="RGBA")
    assert is_the_stroke(read_picture(save(picture, tmp_path / "a.png"), SHAPE)[0])
    svg = put(tmp_path / "a.svg", SVG.format(STROKE.format(colour)))
    assert is_the_stroke(read_picture(svg, SHAPE)[0])


def test_every_mode_of_png_is_read_alike(tmp_path):
    grey = drawn()
    expected = read_picture(save(grey, tmp_path / "L.png"), SHAPE)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    for name, picture in (
        ("1", grey.convert("1")),
        ("P", grey.convert("P")),
        ("LA", grey.convert("LA")),
        ("RGB", grey.convert("RGB")),
        ("I;16", deep),
    ):
        path = save(picture, tmp_path / f"{name.replace(';', '')}.png")
        assert (read_picture(path, SHAPE) == expected).all(), name


def test_a_set_that_mostly_agrees_is_taken_as_one_and_says_so(tmp_path):
    for i in range(19):
        save(drawn(), tmp_path / f"{i:02}.png")
    save(Image.new("L", (100, 100), 0), tmp_path / "odd.png")
    opened = open_images(tmp_path, SHAPE)
    assert opened.note == "of 20 pictures, 19 are dark on light: all inverted"
    assert opened.sources[0].levels(np.array([19])).min() == 255


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_nine_in_ten_are_agreement_whichever_way(tmp_path, ink, paper):
    for i in range(9):
        save(drawn(ink, paper), tmp_path / f"{i}.png")
    save(drawn(paper, ink), tmp_path / "odd.png")
    opened = open_images(tmp_path, SHAPE)
    assert opened.note.startswith("of 10 pictures, 9 are ")
    assert not is_the_stroke(opened.sources[0].levels(np.array([9]))[0, 0])


def test_a_mixed_set_is_taken_one_by_one_and_says_so(tmp_path):
    for i in range(4):
        save(drawn(*((0, 255) if i % 2 else (255, 0))), tmp_path / f"{i}.png")
    opened = open_images(tmp_path, SHAPE)
    assert opened.note == "of 4 pictures, 2 are dark on light: those inverted"
    assert all(is_the_stroke(levels[0]) for levels in opened.sources[0].levels(np.arange(4)))


def test_a_picture_of_the_right_size_is_kept_to_the_level(tmp_path):
    levels = np.where(bitmaps(1).reshape(28, 28) > 250, bitmaps(1).reshape(28, 28), 0)
    path = save(Image.fromarray(levels), tmp_path / "a.png")
    assert (read_picture(path, SHAPE)[0] == levels).all()


def test_shrinking_averages_areas(tmp_path):
    levels = np.zeros((40, 40), np.uint8)
    levels[8:32, 8:32] = np.random.default_rng(0).integers(0, 256, (24, 24))
    found = read_picture(save(Image.fromarray(levels), tmp_path / "a.png"), (1, 10, 10))[0]
    means = levels.reshape(10, 4, 10, 4).mean(axis=(1, 3))
    assert np.abs(found - means).max() <= 1  # rounded once an axis


def test_proportions_are_kept_on_paper_of_the_same_colour(tmp_path):
    path = save(drawn(0, 200, size=(200, 100)), tmp_path / "a.png")
    levels = read_picture(path, (1, 30, 30))[0]
    assert (levels[:7] == 55).all()
    assert (levels[-7:] == 55).all()
    assert levels[7:23].max() > 200


def test_colours_are_kept(tmp_path):
    red = save(Image.new("RGB", (10, 10), (250, 20, 30)), tmp_path / "a.png")
    levels = read_picture(red, (3, 5, 7))
    assert (levels == np.array([250, 20, 30], np.uint8)[:, None, None]).all()
    assert open_images(red).sources[0].shape == (3, 10, 10)
    assert open_images(save(drawn(), tmp_path / "b.png")).sources[0].shape == (1, 100, 100)


def test_a_photograph_is_turned_as_its_camera_was(tmp_path):
    picture, upright = drawn(size=(100, 60)), tmp_path / "upright.png"
    save(picture, upright)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter, clockwise
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=exif)
    there, here = (read_picture(tmp_path / name, SHAPE) for name in ("upright.png", "turned.jpg"))
    assert np.abs(there.astype(int) - here).max() < 30


def test_folders_in_a_folder_are_categories(tmp_path):
    for name in ("cat/1.png", "cat/deep/2.png", "dog/3.png"):
        save(drawn(), tmp_path / name)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    opened = open_images(tmp_path, SHAPE)
    assert opened.categories == ("cat", "dog")
    assert [len(source) for source in opened.sources] == [2, 1]
    assert category_names(tmp_path) == ("cat", "dog")
    for i in range(20):
        save(drawn(), tmp_path / "dog" / f"{i}.png")
    dataset = open_dataset(DataConfig(name="images", path=tmp_path), SHAPE)
    assert dataset.sizes == {"train": 18, "valid": 2, "test": 2}
    assert dataset.split("train").categories(np.arange(18)).tolist() == [0, 0, *[1] * 16]


def test_categories_can_be_chosen_and_a_wrong_one_is_named(tmp_path):
    for name, ink in (("ant", 10), ("bee", 20), ("cow", 30)):
        for n in range(12):
            save(drawn(ink), tmp_path / name / f"{n}.png")
    config = DataConfig(name="images", path=tmp_path, categories=("cow", "ant"))
    dataset = open_dataset(config, SHAPE)
    assert dataset.categories == ("cow", "ant")
    assert [len(source) for source in dataset.sources] == [12, 12]
    with pytest.raises(LimnerError, match=r"bea.*did you mean bee"):
        open_images(tmp_path, SHAPE, ["bea"])


def test_pictures_in_this_folder_are_of_its_name(tmp_path, monkeypatch):
    save(drawn(), tmp_path / "bird" / "1.png")
    monkeypatch.chdir(tmp_path / "bird")
    assert open_images(Path("."), SHAPE).categories == category_names(Path(".")) == ("bird",)


def test_a_limit_leaves_each_folder_its_first_pictures(tmp_path):
    for name in ("cat", "dog"):
        for i in range(20):
            save(drawn(), tmp_path / name / f"{i:02}.png")
    dataset = open_dataset(DataConfig(name="images", path=tmp_path, limit=10), SHAPE)
    assert dataset.split("train").categories(np.arange(16)).tolist() == [*[0] * 8, *[1] * 8]
    assert dataset.split("test").rows(np.arange(2)).tolist() == [9, 9]
    assert "all inverted" in dataset.note


@pytest.mark.parametrize("scale", [1, 255])
@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f8", "<i8", "?"])
def test_an_array_of_levels_or_fractions_is_read_alike(tmp_path, dtype, scale):
    ink = np.zeros((30, 8, 8))
    ink[:, 2:5, 3] = 1
    if (scale == 255) != (np.dtype(dtype).kind in "iu"):
        return  # fractions are 0..1, whole numbers 0..255 unless none is above 1: below
    path = tmp_path / "own.npy"
    path.write_bytes(npy((ink * scale).astype(dtype)))
    opened = open_images(path)
    assert opened.sources[0].shape == (1, 8, 8)
    assert (opened.sources[0].levels(np.arange(30))[:, 0] == ink * 255).all()


def test_an_array_of_0_and_1_is_no_ink_and_ink(tmp_path):
    path = tmp_path / "own.npy"
    path.write_bytes(npy(np.eye(8, dtype=np.uint8)[None].repeat(3, 0)))
    assert open_images(path).sources[0].levels(np.arange(3)).max() == 255


def test_an_array_dark_on_light_is_inverted_and_stays_on_the_disk(tmp_path):
    path = tmp_path / "own.npy"
    levels = np.full((40, 8, 8), 255, np.uint8)
    levels[:, 2:5, 3] = 0
    path.write_bytes(npy(levels))
    opened = open_images(path)
    assert opened.note == "of 40 pictures looked at, 40 are dark on light: all inverted"
    assert (opened.sources[0].levels(np.arange(40))[:, 0] == 255 - levels).all()


def test_an_array_of_colours_or_of_another_size_is_brought_to_the_shape(tmp_path):
    path = tmp_path / "own.npy"
    colours = np.random.default_rng(0).integers(0, 256, (12, 6, 4, 3), np.uint8)
    path.write_bytes(npy(colours))
    rows = np.array([11, 0])
    assert (open_images(path).sources[0].levels(rows) == colours[rows].transpose(0, 3, 1, 2)).all()
    halved = open_images(path, (3, 3, 2)).sources[0].levels(rows)
    means = colours[rows].reshape(2, 3, 2, 2, 2, 3).mean(axis=(2, 4)).transpose(0, 3, 1, 2)
    assert np.abs(halved - means).max() <= 1  # rounded once an axis
    assert open_images(path, SHAPE).sources[0].levels(rows).shape == (2, *SHAPE)


def test_official_bitmaps_are_an_array_of_ones_own_too(tmp_path):
    path = tmp_path / "cat.npy"
    path.write_bytes(npy(bitmaps(30) // 2))
    assert (open_images(path).sources[0].levels(np.array([4])).ravel() == bitmaps(30)[4] // 2).all()


@pytest.mark.parametrize(
    "array",
    [
        np.full((3, 4, 4), 1.5),
        np.full((3, 4, 4), -0.1),
        np.full((3, 4, 4), np.nan),
        np.full((3, 4, 4), 256),
        np.full((3, 4, 4), -1),
        np.zeros((3, 4, 4, 2)),
        np.zeros((3, 5)),
    ],
)
def test_an_array_of_other_numbers_or_shapes_is_refused(tmp_path, array):
    path = tmp_path / "own.npy"
    path.write_bytes(npy(array))
    with pytest.raises(LimnerError, match=r"own\.npy"):
        open_images(path)


def refuse(path: Path, shape=SHAPE) -> str:
    with pytest.raises(LimnerError) as caught:
        read_picture(path, shape)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_nothing_there_or_nothing_in_it_is_said(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(LimnerError, match=str(tmp_path)):
            open_images(path, SHAPE)
    assert "No such file" in refuse(tmp_path / "none.png")


def test_what_is_neither_png_nor_jpeg_is_not_decoded(tmp_path):
    path = tmp_path / "a.png"
    drawn().save(path, "TIFF")
    assert "PNG or JPEG" in refuse(path)


def test_a_png_of_a_billion_pixels_is_refused_by_its_header(tmp_path):
    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    for side in (7_000, 33_000, 2**31 - 1):
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        pixels = zlib.compress(bytes(10_000))
        path = tmp_path / "a.png"
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", pixels)
            + chunk(b"IEND", b"")
        )
        refuse(path)
