"""Laws of the pictures: what is where, in which colour, and for how long."""

import io
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from limner.errors import LimnerError
from limner.figures.grids import (
    Windows,
    canvas_frames,
    comparison_grid,
    image_grid,
    neighbours_grid,
    steps_grid,
    window_frames,
)
from limner.figures.saving import gif_bytes, save_image

WHITE, INK = (255, 255, 255), (22, 24, 29)
GREEN, RED = (0, 158, 96), (226, 48, 44)
BLANK = -50.0  # a logit that is shown as bare paper


def blank_images(num, height=28, width=28):
    return np.zeros((num, 1, height, width))


def blank_canvases(num_steps, num, height=28, width=28):
    return np.full((num_steps, num, 1, height, width), BLANK)


def windows(num_steps, num, x, y, stride=2.0, std=1.0, grid=5):
    fields = (np.full((num_steps, num), value) for value in (x, y, stride, std, 1.0))
    return Windows(*fields, grid=grid)


def where(picture, colour):
    return (np.asarray(picture) == colour).all(axis=-1)


def box(mask):
    """Left, top, right, bottom of what is true; right and bottom are one past it."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def runs(line):
    """How many stretches of a boolean line are true."""
    return int(np.count_nonzero(np.diff(line.astype(int), prepend=0) == 1))


def canvas_box(num_steps=1, height=28, width=28):
    """Where window_frames puts the canvas of a lone sample, and how much it is enlarged."""
    far_off = windows(num_steps, 1, 1000.0, 1000.0)
    [frame, *_] = window_frames(blank_canvases(num_steps, 1, height, width), far_off, "samples")
    left, top, right, bottom = box(where(frame, WHITE))
    assert (right - left) % width == 0
    scale = (right - left) // width
    assert bottom - top == height * scale
    return left, top, scale


@pytest.mark.parametrize(("num", "rows", "columns"), [(1, 1, 1), (5, 1, 5), (7, 2, 4), (64, 8, 8)])
def test_a_grid_has_a_place_for_each_image(num, rows, columns):
    tiles = where(image_grid(blank_images(num), "samples"), WHITE)
    assert runs(tiles.any(axis=1)) == rows
    assert runs(tiles.any(axis=0)) == columns
    left, top, right, _ = box(tiles)
    across = tiles[top, left:right].sum()
    assert across % (28 * columns) == 0
    assert tiles.sum() == num * (across // columns) ** 2


def test_columns_can_be_chosen():
    assert runs(where(image_grid(blank_images(6), "samples", columns=2), WHITE).any(axis=0)) == 2


def test_images_need_not_be_square():
    left, top, right, bottom = box(where(image_grid(blank_images(1, 12, 30), "samples"), WHITE))
    assert (right - left) * 12 == (bottom - top) * 30


def test_ink_is_dark_on_white_and_stays_where_it_was_drawn():
    images = blank_images(1)
    images[0, 0, 3, 20] = 1
    picture = image_grid(images, "samples")
    left, top, right, _ = box(where(picture, WHITE))
    scale = (right - left) // 28
    corner = (left + 20 * scale, top + 3 * scale)
    assert box(where(picture, INK)) == (*corner, corner[0] + scale, corner[1] + scale)


def test_colours_are_shown_as_they_are():
    red_green_blue = np.array([51, 102, 204])
    images = np.broadcast_to((red_green_blue / 255)[:, None, None], (1, 3, 8, 8))
    assert where(image_grid(images, "samples"), red_green_blue).sum() % 64 == 0
    assert where(image_grid(images, "samples"), red_green_blue).any()


def test_a_canvas_of_zero_logits_is_half_ink():
    half = np.rint(np.add(WHITE, INK) / 2)
    [frame] = canvas_frames(np.zeros((1, 1, 1, 28, 28)), "samples")
    assert where(frame, half).sum() % 28**2 == 0
    assert where(frame, half).any()


def test_pairs_alternate_original_and_reconstruction():
    originals, reconstructions = blank_images(8), np.ones((8, 1, 28, 28))
    picture = comparison_grid(originals, reconstructions, "reconstructions")
    _, _, _, bottom = box(where(picture, WHITE))
    line = slice(bottom - 1, bottom)
    white, black = (where(picture, colour)[line][0] for colour in (WHITE, INK))
    starts = [np.flatnonzero(np.diff(tile.astype(int), prepend=0) == 1) for tile in (white, black)]
    assert starts[0][0] < starts[1][0] < starts[0][1] < starts[1][1]
    assert starts[1][0] - starts[0][0] < starts[0][1] - starts[1][0], "pairs stand apart"


def test_neighbours_stand_in_order_beside_their_image_and_apart_from_the_next():
    neighbours = np.zeros((4, 2, 1, 28, 28))
    neighbours[:, 1] = 1
    labels = [["1.0", "2.0"]] * 4
    picture = neighbours_grid(
        blank_images(4), neighbours, "samples", labels=labels, heading="sample"
    )
    _, top, *_ = box(where(picture, WHITE))
    line = slice(top, top + 1)
    white, black = (where(picture, colour)[line][0] for colour in (WHITE, INK))
    starts = [np.flatnonzero(np.diff(tile.astype(int), prepend=0) == 1) for tile in (white, black)]
    assert starts[0][0] < starts[0][1] < starts[1][0] < starts[0][2]
    within, between = starts[1][0] - starts[0][1], starts[0][2] - starts[1][0]
    assert within < between


@pytest.mark.parametrize(("num_steps", "shown"), [(3, [1, 2, 3]), (20, [4, 8, 12, 16, 20])])
def test_no_steps_stand_for_five_up_to_the_last(num_steps, shown):
    canvases = np.linspace(-5, 5, num_steps)[:, None, None, None, None] + blank_canvases(1, 1) * 0
    picture = steps_grid(canvases, (), "samples")
    np.testing.assert_array_equal(picture, steps_grid(canvases, shown, "samples"))


def test_a_step_of_the_grid_is_that_canvas_counted_from_one():
    canvases = blank_canvases(9, 1)
    for t in range(9):
        canvases[t, 0, 0, 2 * t, 0] = -BLANK
    picture = steps_grid(canvases, [4, 7, 9], "samples")
    left, top, right, bottom = box(where(picture, WHITE))
    scale = (bottom - top) // 28
    ink = where(picture, INK)[top:bottom, left:right]
    starts = np.flatnonzero(np.diff(ink.any(axis=0).astype(int), prepend=0) == 1)
    assert [np.flatnonzero(ink[:, start])[0] // scale for start in starts] == [6, 12, 16]


def test_every_image_has_its_row_of_steps():
    canvases = blank_canvases(3, 2)
    canvases[:, 1] = -BLANK
    picture = steps_grid(canvases, [1, 2, 3], "samples", write_windows=windows(3, 2, 13.5, 13.5))
    _, top, _, bottom = box(where(picture, WHITE))
    ink_top = box(where(picture, INK))[1]
    assert ink_top > bottom > top, "the blank image's row lies over the black one's"
    assert where(picture, RED).any()


def test_an_original_leads_the_row_of_its_steps_and_has_no_window():
    originals = np.ones((1, 1, 28, 28))
    at = windows(3, 1, 13.5, 13.5)
    page = steps_grid(blank_canvases(3, 1), [2, 3], "recon", originals=originals, write_windows=at)
    ink, paper = box(where(page, INK)), box(where(page, WHITE))
    assert ink[2] < paper[0], "the original stands before its canvases"
    line = where(page, RED)[(paper[1] + paper[3]) // 2]
    assert runs(line) == 4, "two edges on each canvas"
    assert not line[: ink[2]].any(), "none on the original"


@pytest.mark.parametrize("x", [5.0, 11.0])
@pytest.mark.parametrize("y", [7.0, 20.0])
def test_a_window_runs_through_its_outermost_filters(x, y):
    """Five filters of stride 3 reach 6 pixels from the centre; pixel p is (p + 1/2) scales in."""
    left, top, scale = canvas_box()
    [frame] = window_frames(blank_canvases(1, 1), windows(1, 1, x, y, 3.0, 1.0), "samples")
    for dx, dy in [(-6, 0), (6, 0), (0, -6), (0, 6), (-6, -6), (6, 6)]:
        place = (left + int((x + dx + 0.5) * scale), top + int((y + dy + 0.5) * scale))
        assert frame.getpixel(place) == RED
    assert frame.getpixel((left + int((x + 0.5) * scale), top + int((y + 0.5) * scale))) == WHITE
    tile = np.asarray(where(frame, RED))[: top + 32 * scale]
    edges = np.array([x - 6.5, y - 6.5, x + 6.5, y + 6.5]) + 0.5  # half a border further out
    np.testing.assert_allclose(box(tile), [left, top] * 2 + edges * scale, atol=1)


def test_the_border_is_as_wide_as_the_filters():
    left, top, scale = canvas_box()
    line = top + 14 * scale
    widths = []
    for std in (0.5, 1.0, 1.5):
        shown = windows(1, 1, 13.5, 13.5, 4.0, std)
        [frame] = window_frames(blank_canvases(1, 1), shown, "samples")
        widths.append(where(frame, RED)[line, left : left + 28 * scale].sum() / 2)
    np.testing.assert_allclose(widths, [0.5 * scale, scale, 1.5 * scale], atol=0.5)


@pytest.mark.parametrize("std", [1e-6, 1e6])
def test_no_border_is_too_thin_to_see_or_hides_the_canvas(std):
    left, top, scale = canvas_box()
    shown = windows(1, 1, 13.5, 13.5, 4.0, std)
    [frame] = window_frames(blank_canvases(1, 1), shown, "samples")
    border = where(frame, RED)[top + 14 * scale, left : left + 28 * scale].sum() / 2
    assert 2 <= border <= 2 * scale


@pytest.mark.parametrize("stride", [1e-9, 3.0])
def test_a_window_of_one_filter_shows_around_its_pixel(stride):
    left, top, scale = canvas_box()
    shown = windows(1, 1, 10.0, 18.0, stride, 0.3, grid=1)
    [frame] = window_frames(blank_canvases(1, 1), shown, "samples")
    red = where(frame, RED)[: top + 28 * scale]
    x0, y0, x1, y1 = box(red)
    np.testing.assert_allclose((x0 + x1) / 2, left + 10.5 * scale, atol=1)
    np.testing.assert_allclose((y0 + y1) / 2, top + 18.5 * scale, atol=1)
    assert scale <= x1 - x0 <= 2 * scale


def test_a_window_that_leaves_the_canvas_is_seen_on_its_mat_and_no_further():
    left, top, scale = canvas_box()
    shown = windows(1, 1, 0.0, 14.0, 1.0, 1.0)  # its left edge lies at -2
    [frame] = window_frames(blank_canvases(1, 1), shown, "samples")
    assert frame.getpixel((left - int(1.5 * scale), top + 14 * scale)) == RED
    huge = windows(1, 1, 13.5, 13.5, 8.0, 1.0)  # from -2.5 to 29.5, and then far beyond the mat
    assert where(window_frames(blank_canvases(1, 1), huge, "samples")[0], RED)[:top].any()
    beyond = windows(1, 1, -20.0, 14.0, 8.0, 1.0)
    red = where(window_frames(blank_canvases(1, 1), beyond, "samples")[0], RED)
    assert not red[:, : left - 4 * scale].any()


def test_reading_is_green_over_the_input_and_writing_red_over_the_canvas():
    frames = window_frames(
        blank_canvases(2, 1),
        windows(2, 1, 13.5, 13.5),
        "reconstructions",
        read_windows=windows(2, 1, 6.0, 13.5),
        inputs=np.ones((1, 1, 28, 28)),
    )
    assert len(frames) == 2
    for frame in frames:
        ink, paper = box(where(frame, INK)), box(where(frame, WHITE))
        assert ink[2] < paper[0], "the input stands before the canvas"
        height = ink[3]
        assert box(where(frame, GREEN)[:height])[2] < ink[2]
        assert box(where(frame, RED)[:height])[0] > paper[0]


def test_windows_move_with_their_step():
    left, top, scale = canvas_box(2)
    x = np.array([[8.0], [18.0]])
    shown = windows(2, 1, x, 13.5)
    for frame, centre in zip(
        window_frames(blank_canvases(2, 1), shown, "samples"), (8.0, 18.0), strict=True
    ):
        x0, _, x1, _ = box(where(frame, RED)[: top + 28 * scale])
        np.testing.assert_allclose((x0 + x1) / 2, left + (centre + 0.5) * scale, atol=1)


def test_the_caption_is_in_the_picture():
    samples, reconstructions = (
        np.asarray(image_grid(blank_images(4), caption)) for caption in ("Samples", "Other")
    )
    assert samples.shape == reconstructions.shape
    assert (samples != reconstructions).any()


def test_a_long_caption_takes_more_lines_and_stays_on_the_page():
    short = image_grid(blank_images(1), "Samples")
    long = image_grid(blank_images(1), "Samples from the prior " * 20)
    assert long.width == short.width
    assert long.height > short.height
    pixels = np.asarray(long)
    assert (pixels[:, -20:] == pixels[0, 0]).all()


def test_labels_stand_under_their_images():
    plain = image_grid(blank_images(3), "Drawings")
    labelled = image_grid(blank_images(3), "Drawings", labels=["cat", "", "a name too long " * 9])
    _, _, _, bottom = box(where(plain, WHITE))
    below = np.asarray(labelled)[bottom:]
    written = (below != below[-1, 0]).any(axis=(0, 2))
    tiles = where(labelled, WHITE)[bottom - 1]
    starts = np.flatnonzero(np.diff(tiles.astype(int), prepend=0) == 1)
    first, second, third = np.split(written, starts[1:])
    assert first.any()
    assert not second.any()
    assert third.any()
    assert not written[np.flatnonzero(tiles)[-1] + 1 :].any(), "a long label is cut short"


def test_a_name_of_two_lines_or_of_bytes_is_drawn_in_one_line():
    drawn = [
        np.asarray(image_grid(np.zeros((1, 1, 28, 28)), "Samples", labels=[label]))
        for label in ("ab\ncaf\udce9", "ab caf\ufffd")
    ]
    assert (drawn[0] == drawn[1]).all()


def test_a_gif_reads_back_with_its_frames_times_and_one_palette():
    random = np.random.default_rng(0)
    canvases = np.cumsum(random.normal(0, 1, (7, 4, 1, 28, 28)), axis=0)
    frames = window_frames(canvases, windows(7, 4, 9.0, 9.0), "samples")
    with Image.open(io.BytesIO(gif_bytes(frames, hold_last_seconds=1.5))) as gif:
        assert gif.info["loop"] == 0
        assert getattr(gif, "n_frames", 1) == 7
        times, corners, errors = [], set(), []
        for n, frame in enumerate(frames):
            gif.seek(n)
            times.append(gif.info["duration"])
            shown = np.asarray(gif.convert("RGB"))
            corners.add(tuple(shown[0, 0].tolist()))
            errors.append(np.abs(shown.astype(int) - np.asarray(frame)).max())
    assert times == [150] * 6 + [1500]
    assert len(corners) == 1, "the page keeps its colour"
    assert max(errors) < 12


def test_an_animation_of_real_drawings_is_a_small_file(shared_data):
    bitmaps = shared_data / "quickdraw_dataset/full/numpy_bitmap/cat.npy"
    drawings = np.load(bitmaps, mmap_mode="r")[:16].reshape(16, 1, 28, 28) / 255
    appearing = np.linspace(0, 1, 20)[:, None, None, None, None]
    x = np.linspace(0, 27, 20)[:, None] + np.zeros(16)
    frames = window_frames(
        10 * appearing * (drawings - 0.5),
        windows(20, 16, x, x),
        "reconstructions",
        read_windows=windows(20, 16, x, 27 - x),
        inputs=drawings,
    )
    assert len(gif_bytes(frames)) < 1_500_000


def test_a_saved_image_reads_back_unchanged(tmp_path):
    image = image_grid(blank_images(2), "samples")
    folder = tmp_path / "new folder"
    save_image(image, folder / "grid.PNG")
    with Image.open(folder / "grid.PNG") as back:
        assert (np.asarray(back) == np.asarray(image)).all()
    assert [each.name for each in folder.iterdir()] == ["grid.PNG"]


@pytest.mark.parametrize("letters", ["· – … ² × ± →", "ÄéßłñŻč", "Привет", "Ελληνικά", "e\u0301"])
def test_the_font_that_is_shipped_has_the_letters_of_captions(letters):
    unknown = image_grid(blank_images(1), "\ue000")  # a private letter, which no font has
    for letter in letters.replace(" ", ""):
        drawn = image_grid(blank_images(1), letter)
        assert not np.array_equal(drawn, unknown), letter


def test_no_figure_but_the_charts_imports_matplotlib():
    code = """
import sys
import numpy as np
from limner.figures.grids import image_grid
image_grid(np.zeros((1, 1, 4, 4)), "samples")
assert "matplotlib" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_arrays_of_jax_are_drawn_as_those_of_numpy():
    images = np.linspace(0, 1, 49, dtype=np.float32).reshape(1, 1, 7, 7)
    picture = image_grid(jax.numpy.asarray(images), "samples")
    np.testing.assert_array_equal(picture, image_grid(images, "samples"))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: image_grid(np.zeros((28, 28)), "samples"), "shape"),
        (lambda: image_grid(np.zeros((1, 2, 28, 28)), "samples"), "1 or 3 channels"),
        (lambda: image_grid(np.zeros((0, 1, 28, 28)), "samples"), "shape"),
        (lambda: image_grid(np.full((1, 1, 4, 4), 255), "samples"), "0..1"),
        (lambda: image_grid(np.full((1, 1, 4, 4), np.nan), "samples"), "0..1"),
        (lambda: image_grid(blank_images(1), " "), "caption"),
        (lambda: image_grid(blank_images(1), "samples", columns=0), "columns"),
        (lambda: image_grid(blank_images(2), "samples", labels=["cat"]), "2 images but 1 labels"),
        (lambda: comparison_grid(blank_images(2), blank_images(3), "recon"), "must match"),
        (
            lambda: neighbours_grid(
                blank_images(2), blank_images(2), "samples", labels=[], heading="sample"
            ),
            "do not go with neighbours",
        ),
        (lambda: steps_grid(blank_canvases(3, 1), [0], "samples"), "1 to 3"),
        (lambda: steps_grid(blank_canvases(3, 1), [4], "samples"), "1 to 3"),
        (lambda: canvas_frames(blank_images(1), "samples"), "canvases must have shape"),
        (lambda: canvas_frames(np.full((1, 1, 1, 4, 4), np.nan), "samples"), "diverged"),
        (
            lambda: window_frames(blank_canvases(2, 1), windows(1, 2, 0.0, 0.0), "samples"),
            r"centre_x must have shape \(steps, images\) = \(2, 1\)",
        ),
        (
            lambda: window_frames(blank_canvases(1, 1), windows(1, 1, 0.0, np.inf), "samples"),
            "centre_y is not finite",
        ),
        (
            lambda: window_frames(blank_canvases(1, 1), windows(1, 1, 0.0, 0.0, grid=0), "samples"),
            "grid is 0",
        ),
        (
            lambda: window_frames(
                blank_canvases(1, 1), windows(1, 1, 0.0, 0.0), "recon", inputs=blank_images(1)
            ),
            "go together",
        ),
        (
            lambda: window_frames(
                blank_canvases(1, 1),
                windows(1, 1, 0.0, 0.0),
                "recon",
                read_windows=windows(1, 1, 0.0, 0.0),
                inputs=blank_images(2),
            ),
            "must match",
        ),
        (
            lambda: steps_grid(blank_canvases(3, 1), [], "recon", originals=blank_images(2)),
            "must match",
        ),
        (lambda: comparison_grid(*[blank_images(2)] * 2, "recon", labels=["a"]), "1 labels"),
        (lambda: gif_bytes([]), "no frames"),
        (lambda: gif_bytes([Image.new("RGB", (2, 2))], hold_last_seconds=0.0), "0.02"),
        (lambda: save_image(Image.new("RGB", (2, 2)), Path("a.jpeg")), r"must end in \.png$"),
        (
            lambda: save_image(Image.new("RGB", (2, 2)), Path(__file__) / "a.png"),
            "cannot be written",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(draw, message):
    with pytest.raises(LimnerError, match=message) as raised:
        draw()
    assert "\n" not in str(raised.value)
