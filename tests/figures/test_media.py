"""Drawings that show themselves: which files they make, and what each says."""

import dataclasses
import io
from xml.etree import ElementTree

import jax
import numpy as np
import pytest
from PIL import Image

from limner.errors import LimnerError
from limner.figures.media import Show
from limner.model.attention import Window
from limner.sampling.drawings import Drawings

SVG = "{http://www.w3.org/2000/svg}"
STEPS = 6


def window(num, num_steps=STEPS):
    return Window(*np.broadcast_to(np.array([4.0, 3.0, 1.5, 0.8, 1.0])[:, None, None],
                                   (5, num_steps, num)))  # fmt: skip


def drawings(num, *, channels=1, reads=False, writes=True):
    random = np.random.default_rng(0)
    return Drawings(
        random.normal(0, 2, (num, STEPS, channels, 8, 7)).astype(np.float32).swapaxes(0, 1),
        random.normal(0, 1, (STEPS, num, 3)).astype(np.float32),
        window(num) if reads else None,
        window(num) if writes else None,
        np.arange(num) % 2,
    )


def samples(num=3, **options):
    return Show("samples", drawings(num, **options), "cat <1>", write_grid=3)


def reconstructions(num=3, **options):
    found = drawings(num, reads=True, **options)
    inputs = np.zeros(found.canvases.shape[1:], np.float32)
    return Show("reconstructions", found, "cat", read_grid=2, write_grid=3, inputs=inputs)


def interpolation(num=5):
    return Show("interpolation", drawings(num), "a to b", write_grid=3)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("make", [samples, reconstructions, interpolation])
def test_all_kinds_write_the_same_files(tmp_path, make):
    show = make()
    paths = show.save_all(tmp_path / "new", show_steps=(2, 5))
    names = ["final.png", "steps.png", "drawings.gif", "windows.svg", "drawings.npz"]
    assert paths == [tmp_path / "new" / name for name in names]
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(names)
    for path in paths[:3]:
        with Image.open(path) as image:
            image.verify()


def test_without_windows_there_is_no_file_of_their_paths(tmp_path):
    paths = samples(writes=False).save_all(tmp_path)
    names = ["final.png", "steps.png", "drawings.gif", "drawings.npz"]
    assert [path.name for path in paths] == names


def test_the_caption_says_what_the_drawings_are():
    beginnings = {show.caption.split(" · ")[0] for show in (samples(), reconstructions())}
    beginnings |= {Show("completions", drawings(1), "cat").caption.split(" · ")[0]}
    assert beginnings == {
        "Samples from the prior",
        "Reconstructions from the posterior",
        "Completions of a begun drawing",
    }


def test_ink_has_logits_times_a_factor_and_the_caption_says_so():
    show = samples()
    ink = show.ink(2.0)
    assert ink.caption == "Samples from the prior · as ink, logits × 2 · cat <1>"
    np.testing.assert_array_equal(ink.canvases, 2 * show.canvases)
    expected = 1 / (1 + np.exp(-2.0 * show.canvases.astype(float)))
    np.testing.assert_allclose(ink.probabilities, expected, atol=1e-6)
    assert ink.drawings is show.drawings  # what the model drew stays
    assert show.ink().caption == show.ink(4.0).caption
    assert dataclasses.replace(show, ink_factor=1.5).ink().sharpness == 1.5
    assert ink.ink(1.0).caption == show.caption
    with np.load(io.BytesIO(ink.render(".npz"))) as file:
        assert str(file["caption"]) == ink.caption
    with pytest.raises(LimnerError, match=r"factor is 0\.0: it must be a number above 0"):
        show.ink(0.0)


def test_the_arrays_are_those_that_were_drawn():
    show = samples()
    assert show.canvases is show.drawings.canvases
    assert show.latents is show.drawings.latents
    np.testing.assert_allclose(show.probabilities, 1 / (1 + np.exp(-show.canvases)), rtol=1e-5)


def test_a_notebook_shows_and_a_png_holds_how_several_ended(tmp_path):
    show = samples()
    show.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == show._repr_png_()
    np.testing.assert_array_equal(opened(show._repr_png_()), show.final())


def test_a_notebook_shows_the_steps_of_a_single_drawing():
    show = samples(1)
    np.testing.assert_array_equal(opened(show._repr_png_()), show.steps())


def test_the_steps_to_show_can_be_chosen(tmp_path):
    show = samples()
    show.save_all(tmp_path, show_steps=(1, 3))
    with Image.open(tmp_path / "steps.png") as page:
        np.testing.assert_array_equal(page, show.steps((1, 3)))
    with pytest.raises(LimnerError, match="they must be from 1 to 6"):
        show.steps((7,))


@pytest.mark.parametrize(
    ("show", "frames"),
    [
        (samples(), STEPS),
        (samples(writes=False), STEPS),
        (samples(channels=3), STEPS),
        (reconstructions(), STEPS),
        (reconstructions(writes=False), STEPS),
        (interpolation(5), 5 + 3),  # there and back
        (interpolation(2), 2),
    ],
)
def test_an_animation_has_a_frame_a_step_or_a_drawing_of_the_way(show, frames):
    with opened(show.render(".gif")) as gif:
        assert getattr(gif, "n_frames", 1) == frames


def test_of_many_drawings_some_are_followed_and_the_caption_says_so():
    many, few = (np.asarray(samples(num).steps()) for num in (20, 16))
    assert many.shape == few.shape
    rows = np.flatnonzero((many != few).any(axis=(1, 2)))
    assert 0 < rows[-1] < 100, "they differ in the caption alone"


def test_of_a_long_way_drawings_all_along_it_are_followed():
    way = interpolation(31)
    chosen = np.arange(0, 31, 2)
    some = dataclasses.replace(
        way,
        drawings=jax.tree.map(
            lambda array: array[:, chosen], way.drawings._replace(categories=None)
        ),
        detail="a to b · 16 of 31",
    )
    np.testing.assert_array_equal(way.steps(), some.steps())


@pytest.mark.parametrize(
    ("show", "pages", "paths"),
    [
        (samples(), 3, 3),
        (reconstructions(), 6, 6),
        (reconstructions(writes=False), 6, 3),
        (samples(writes=False), 3, 0),
        (samples(channels=3), 3, 3),
    ],
)
def test_the_svg_has_the_windows_path_over_each_drawing(show, pages, paths):
    root = ElementTree.fromstring(show.render(".svg"))
    assert root.findtext(f"{SVG}title") == show.caption
    assert str(root.findtext(f"{SVG}text")).startswith(show.caption)
    assert len(root.findall(f".//{SVG}image")) == pages
    groups = root.findall(f".//{SVG}g")
    assert len(groups) == paths
    for group in groups:
        assert len(group.findall(f"{SVG}rect")) == STEPS
        line = group.find(f"{SVG}polyline")
        assert line is not None
        assert line.get("points") == " ".join(["4.00,3.00"] * STEPS)


def test_the_svg_draws_a_window_through_its_outermost_filters():
    root = ElementTree.fromstring(samples(1).render(".svg"))
    square = root.find(f".//{SVG}g/{SVG}rect")
    assert square is not None
    # Three filters, 1.5 pixels apart, about (4, 3): 3 pixels from the first to the last.
    expected = {"x": "2.50", "y": "1.50", "width": "3.00", "height": "3.00"}
    assert {key: square.get(key) for key in expected} == expected


def test_the_numbers_read_back(tmp_path):
    show = reconstructions()
    show.save(tmp_path / "numbers.npz")
    arrays = np.load(tmp_path / "numbers.npz")
    assert str(arrays["caption"]) == show.caption
    np.testing.assert_array_equal(arrays["canvases"], show.canvases[:, :, 0])
    np.testing.assert_array_equal(arrays["latents"], show.latents)
    np.testing.assert_array_equal(arrays["categories"], [0, 1, 0])
    assert arrays["inputs"].shape == (3, 8, 7)
    assert arrays["read_stride"].shape == arrays["write_centre_x"].shape == (STEPS, 3)
    samples(channels=3).save(tmp_path / "colours.npz")
    assert np.load(tmp_path / "colours.npz")["canvases"].shape == (STEPS, 3, 3, 8, 7)


@pytest.mark.parametrize("name", ["a.jpeg", "a", "a.png.txt"])
def test_another_suffix_is_refused_in_a_line_that_names_those_there_are(tmp_path, name):
    with pytest.raises(LimnerError, match=r"must end in \.png, \.gif, \.svg or \.npz$"):
        samples().save(tmp_path / name)
    assert not any(tmp_path.iterdir())


def test_reconstructions_alone_have_inputs():
    with pytest.raises(LimnerError, match="reconstructions lack inputs"):
        Show("reconstructions", drawings(1), "cat")
    with pytest.raises(LimnerError, match="samples have no inputs"):
        Show("samples", drawings(1), "cat", inputs=np.zeros((1, 1, 8, 7), np.float32))


def test_labels_are_as_many_as_the_drawings():
    show = Show("samples", drawings(2), "cat", labels=("cat", "dog"))
    assert show.final().height > samples(2).final().height
    with pytest.raises(LimnerError, match="2 images but 1 labels"):
        Show("samples", drawings(2), "cat", labels=("cat",)).final()


def test_what_is_not_unicode_in_a_name_is_a_sign_in_its_place(tmp_path):
    show = dataclasses.replace(samples(2), detail="r\udcff", labels=("c\udcff", "d"))
    assert show.caption.endswith("r\ufffd")
    paths = show.save_all(tmp_path)
    (svg,) = (path for path in paths if path.suffix == ".svg")
    assert "r\ufffd" in svg.read_text("utf-8")
