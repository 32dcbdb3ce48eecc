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
from limner.data.dataset import data_root, open_dataset
from limner.data.images import category_names, open_images, read_image
from limner.errors import LimnerError

SHAPE = (1, 28, 28)
STROKE = '<path d="M20 20 L80 60" stroke="{}" stroke-width="8" fill="none"/>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{}</svg>'


def read_levels(path: Path, shape, ink="auto") -> np.ndarray:
    return read_image(path, shape, ink).levels


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
    levels = read_levels(path, SHAPE)[0].astype(float)
    levels = (levels - levels.min()) * 255 / (levels.max() - levels.min())
    assert is_the_stroke(levels)


@pytest.mark.parametrize("colour", ["black", "white"])
def test_transparent_paper_is_paper_under_dark_and_light_ink(tmp_path, colour):
    ink = 0 if colour == "black" else 255
    picture = drawn((ink, ink, ink, 255), (0, 0, 0, 0), mode="RGBA")
    assert is_the_stroke(read_levels(save(picture, tmp_path / "a.png"), SHAPE)[0])
    svg = put(tmp_path / "a.svg", SVG.format(STROKE.format(colour)))
    assert is_the_stroke(read_levels(svg, SHAPE)[0])


def test_every_mode_of_png_is_read_alike(tmp_path):
    grey = drawn()
    expected = read_levels(save(grey, tmp_path / "L.png"), SHAPE)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    for name, picture in (
        ("1", grey.convert("1")),
        ("P", grey.convert("P")),
        ("LA", grey.convert("LA")),
        ("RGB", grey.convert("RGB")),
        ("I;16", deep),
    ):
        path = save(picture, tmp_path / f"{name.replace(';', '')}.png")
        assert (read_levels(path, SHAPE) == expected).all(), name


def test_an_image_that_could_be_either_follows_its_set_and_is_named(tmp_path):
    for i in range(19):
        save(drawn(*((0, 255) if i % 9 else (255, 0))), tmp_path / f"{i:02}.png")
    save(Image.new("L", (100, 100), 0), tmp_path / "odd.png")
    opened = open_images(tmp_path, SHAPE)
    assert opened.note == (
        "of 20 images, 17 are dark ink on light paper, 3 light ink on dark paper; 1 could be "
        "either, odd.png: --data.ink dark or --data.ink light says which"
    )
    assert opened.sources[0].levels(np.array([19])).min() == 255
    assert all(is_the_stroke(levels[0]) for levels in opened.sources[0].levels(np.arange(19)))


def test_a_mixed_set_is_taken_one_by_one_and_says_so(tmp_path):
    for i in range(4):
        save(drawn(*((0, 255) if i % 2 else (255, 0))), tmp_path / f"{i}.png")
    opened = open_images(tmp_path, SHAPE)
    assert opened.note == "of 4 images, 2 are dark ink on light paper, 2 light ink on dark paper"
    assert all(is_the_stroke(levels[0]) for levels in opened.sources[0].levels(np.arange(4)))


@pytest.mark.parametrize("ink", ["dark", "light"])
def test_ink_is_what_it_is_said_to_be(tmp_path, ink):
    half = Image.new("L", (100, 100), 255)
    half.paste(0, (0, 0, 50, 100))
    path = save(half, tmp_path / "a.png")
    assert "--ink dark or --ink light" in read_image(path, SHAPE).note
    seen = read_image(path, SHAPE, ink)
    assert seen.note == ""
    assert (seen.levels[0, :, :14] == (255 if ink == "dark" else 0)).all()
    opened = open_images(path, SHAPE, ink=ink)
    assert opened.note == f"1 images, their ink {ink} as was said"
    assert (opened.sources[0].levels(np.array([0])) == seen.levels).all()


def test_a_picture_of_the_right_size_is_kept_to_the_level(tmp_path):
    levels = np.where(bitmaps(1).reshape(28, 28) > 250, bitmaps(1).reshape(28, 28), 0)
    path = save(Image.fromarray(levels), tmp_path / "a.png")
    assert (read_levels(path, SHAPE)[0] == levels).all()


def test_grey_paper_is_paper_and_grey_ink_is_ink(tmp_path):
    levels = read_levels(save(drawn(90, 200, size=(200, 100)), tmp_path / "a.png"), (1, 30, 30))
    assert not levels[0, :7].any()
    assert not levels[0, -7:].any()
    assert levels.max() == 255


def test_colours_are_kept(tmp_path):
    red = save(Image.new("RGB", (10, 10), (250, 20, 30)), tmp_path / "a.png")
    levels = read_levels(red, (3, 5, 7))
    assert (levels == np.array([250, 20, 30], np.uint8)[:, None, None]).all()
    assert open_images(red).sources[0].shape == (3, 10, 10)
    assert open_images(save(drawn(), tmp_path / "b.png")).sources[0].shape == (1, 100, 100)


def test_a_photograph_is_turned_as_its_camera_was(tmp_path):
    picture, upright = drawn(size=(100, 60)), tmp_path / "upright.png"
    save(picture, upright)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter, clockwise
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=exif)
    there, here = (read_levels(tmp_path / name, SHAPE) for name in ("upright.png", "turned.jpg"))
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


def test_images_that_were_moved_are_the_same_images(tmp_path):
    """Also what a static binarisation makes of them."""
    for name in ("before", "after"):
        for i in range(20):
            save(drawn(), tmp_path / name / f"{i:02}.png")
    before, after = (
        open_dataset(DataConfig(name="images", path=tmp_path / name), SHAPE)
        for name in ("before", "after")
    )
    assert before.fingerprint() == after.fingerprint()
    np.testing.assert_array_equal(
        *(d.split("train").targets(np.arange(16), "static", key=()) for d in (before, after))
    )


def test_a_limit_leaves_each_folder_its_first_pictures(tmp_path):
    for name in ("cat", "dog"):
        for i in range(20):
            save(drawn(), tmp_path / name / f"{i:02}.png")
    dataset = open_dataset(DataConfig(name="images", path=tmp_path, limit=10), SHAPE)
    assert dataset.split("train").categories(np.arange(16)).tolist() == [*[0] * 8, *[1] * 8]
    assert dataset.split("test").rows(np.arange(2)).tolist() == [9, 9]
    assert dataset.note.startswith("of 40 images, 40 are dark ink")


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
    assert opened.note == "of 40 images, 40 are dark ink on light paper, 0 light ink on dark paper"
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


def test_an_array_of_grey_paper_is_treated_image_by_image(tmp_path):
    path = tmp_path / "cat.npy"
    stored = np.where(bitmaps(30) > 200, 120, 60).astype(np.uint8)
    path.write_bytes(npy(stored))
    found = open_images(path).sources[0].levels(np.array([4])).ravel()
    assert (found == np.where(bitmaps(30)[4] > 200, 255, 0)).all()


@pytest.mark.parametrize("dtype", ["<f4", "<f8", "<f2", "<i4"])
def test_whole_numbers_of_any_type_are_levels(tmp_path, dtype):
    path = tmp_path / "own.npy"
    levels = np.zeros((12, 8, 8), np.uint8)
    levels[:, 2:5, 3] = (255, 100, 7)
    path.write_bytes(npy(levels.astype(dtype)))
    assert (open_images(path).sources[0].levels(np.arange(12))[:, 0] == levels).all()


def test_an_array_with_opacity_has_paper_where_it_is_transparent(tmp_path):
    pixels = np.zeros((12, 20, 20, 4), np.uint8)
    pixels[:, :, 5:9, 3] = 255
    path = tmp_path / "own.npy"
    path.write_bytes(npy(pixels))
    found = open_images(path, (1, 20, 20)).sources[0].levels(np.arange(12))
    assert (found[:, 0] == pixels[..., 3]).all()


@pytest.mark.parametrize("size", [(28, 28), (64, 64), (40, 30, 3), (9, 3, 20, 4, 1)])
def test_an_array_of_one_image_is_told_from_rows(tmp_path, size):
    path = tmp_path / "one.npy"
    path.write_bytes(npy(np.zeros(size, np.uint8)))
    with pytest.raises(LimnerError, match=r"image\[None\]"):
        open_images(path)


def test_an_archive_of_arrays_says_what_to_do(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros((12, 8, 8), np.uint8))
    with pytest.raises(LimnerError, match=r"np\.save\('a\.npy', np\.load\('a\.npz'\)"):
        open_images(path)


@pytest.mark.parametrize(("count", "which"), [(3, "valid"), (9, "test")])
def test_too_few_images_says_how_many_there_are_and_it_takes(tmp_path, count, which):
    path = tmp_path / "own.npy"
    path.write_bytes(npy(np.zeros((count, 8, 8), np.uint8)))
    dataset = open_dataset(DataConfig(name="images", path=path))
    with pytest.raises(LimnerError, match=f"{which}: it takes 10 .* the largest has {count}"):
        dataset.split(which)


def test_paths_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LIMNER_DATA", "~/drawings")
    save(drawn(), tmp_path / "mine" / "a.png")
    assert category_names(Path("~/mine")) == ("images",)
    assert is_the_stroke(open_images(Path("~/mine"), SHAPE).sources[0].levels(np.array([0]))[0, 0])
    assert data_root() == data_root(Path("~/drawings")) == tmp_path / "drawings"


def test_rows_name_their_files(tmp_path):
    for name in ("cat/1.png", "cat/deep/2.png", "dog/3.png"):
        save(drawn(), tmp_path / name)
    files = [source.files for source in open_images(tmp_path, SHAPE).sources]
    assert files == [("cat/1.png", "cat/deep/2.png"), ("dog/3.png",)]
    for i in range(9):
        save(drawn(), tmp_path / "dog" / f"4{i}.png")
    dataset = open_dataset(DataConfig(name="images", path=tmp_path), SHAPE)
    assert dataset.split("test").files(np.array([0])) == ["dog/48.png"]
    assert dataset.split("train").files(np.array([1, 2])) == ["cat/deep/2.png", "dog/3.png"]


def test_an_image_of_its_own_size_is_at_most_128_long(tmp_path):
    path = save(drawn(size=(3_000, 60)), tmp_path / "a.png")
    assert open_images(path).sources[0].shape == (1, 2, 128)


@pytest.mark.parametrize(
    "array",
    [
        np.full((3, 4, 4), 1.5),
        np.full((3, 4, 4), -0.1),
        np.full((3, 4, 4), np.nan),
        np.full((3, 4, 4), 256),
        np.full((3, 4, 4), np.inf),
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
        read_levels(path, shape)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_nothing_there_or_nothing_in_it_is_said(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(LimnerError, match=str(tmp_path)):
            open_images(path, SHAPE)
    assert "No such file" in refuse(tmp_path / "none.png")


def test_a_file_of_no_format_is_refused_in_plain_words(tmp_path):
    path = tmp_path / "a.png"
    drawn().save(path, "PPM")
    kinds = "PNG, JPEG, GIF, WEBP, BMP, TIFF"
    assert refuse(path) == f"cannot read {path}: it is none of {kinds}, and no .svg"
    path.write_bytes(b"")
    assert refuse(path) == f"cannot read {path}: it is empty"


@pytest.mark.parametrize("suffix", ["gif", "webp", "bmp", "tif", "tiff", "jpe", "jfif"])
def test_every_usual_format_is_read_its_first_frame(tmp_path, suffix):
    more = [Image.new("L", (100, 100))] if suffix in ("gif", "webp", "tif", "tiff") else []
    form = {"tif": "TIFF", "jpe": "JPEG", "jfif": "JPEG"}.get(suffix, suffix.upper())
    extra = {"save_all": True, "append_images": more} if more else {}
    path = tmp_path / f"a.{suffix}"
    drawn().save(path, form, **extra)
    assert is_the_stroke(read_levels(path, SHAPE)[0])
    assert [*open_images(tmp_path, SHAPE).sources[0].files] == [path.name]
    path.rename(tmp_path / "a.png")  # what a file is called does not matter
    assert is_the_stroke(read_levels(tmp_path / "a.png", SHAPE)[0])


def test_images_of_floats_and_16_bits_are_read(tmp_path):
    grey = np.asarray(drawn(), np.float32)
    for n, (items, mode) in enumerate([(grey, "F"), (grey / 255, "F"), (grey * 257, "I;16")]):
        items = items.astype(np.uint16) if mode == "I;16" else items
        path = save(Image.fromarray(items), tmp_path / f"{n}.tiff")
        assert is_the_stroke(read_levels(path, SHAPE)[0])


def test_a_png_too_large_or_too_long_is_refused_by_its_header(tmp_path):
    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    for width, height in ((7_000, 7_000), (1, 400_000), (400_000, 1), (2**31 - 1, 2**31 - 1)):
        header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        pixels = zlib.compress(bytes(10_000))
        path = tmp_path / "a.png"
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", pixels)
            + chunk(b"IEND", b"")
        )
        refuse(path)


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG.format("<text>&x;</text>"),
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SVG.format("<text>&b;</text>"),
        SVG.format('<image href="file:///etc/passwd"/>'),
        SVG.format('<use href="other.svg#a"/>'),
        SVG.format('<use xmlns:x="http://www.w3.org/1999/xlink" x:href="http://x.org/#a"/>'),
        SVG.format('<rect fill="url(http://x.org/#a)"/>'),
        SVG.format("<rect style=\"fill: URL( 'file:///etc/passwd')\"/>"),
        SVG.format('<rect style="fill: u\\72l(http://x.org)"/>'),
        SVG.format("<style>@import 'other.css';</style>"),
        SVG.format("<style>rect { fill: url(other.svg#a) }</style>"),
        SVG.format("<style>rect { fill: u&#114;l(other.svg#a) }</style>"),
        SVG.format("<style>rect { fill: ur<![CDATA[l(other.svg#a)]]> }</style>"),
        '<?xml-stylesheet href="other.css"?>' + SVG.format(""),
        SVG.format('<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
        SVG.format("<script>1</script>"),
        SVG.format('<feImage href="#a"/>'),
        SVG.format("<g>" * 1_000 + "</g>" * 1_000),
        SVG.format("<g/>" * 150_000),
        SVG.format(" " * (5 << 20)),
        SVG.format("<g>"),
        "<html/>",
        "",
        "no XML",
    ],
)
def test_an_svg_that_needs_more_than_itself_is_refused(tmp_path, document):
    refuse(put(tmp_path / "a.svg", document))


def test_an_svg_with_a_bare_document_type_and_inner_references_is_read(tmp_path):
    inside = '<defs><g id="s">{}</g></defs><use href="#s"/><a href="http://x.org/"/>'
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">'
    document = doctype + SVG.format(inside.format(STROKE.format("black")))
    assert is_the_stroke(read_levels(put(tmp_path / "a.svg", document), SHAPE)[0])


def test_an_svg_that_claims_to_be_vast_is_drawn_small(tmp_path):
    document = SVG.replace("<svg", '<svg width="1000000" height="1000000"')
    path = put(tmp_path / "a.svg", document.format(STROKE.format("black")))
    assert is_the_stroke(read_levels(path, SHAPE)[0])
