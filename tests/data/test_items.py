"""Data sets of other libraries, by what they can do: made-up ones of both styles."""

from types import SimpleNamespace
from typing import Any

import jaxtyping
import numpy as np
import pytest
from PIL import Image, ImageDraw

import limner
from limner.data.doodles.doodles import Doodles
from limner.errors import LimnerError


class Columns:
    """As Hugging Face's data sets are: dictionaries by index, and features that name the labels."""

    def __init__(self, images, labels=None, names=None, key="image"):
        self._rows = [{key: image} for image in images]
        for row, label in zip(self._rows, labels or [], strict=False):
            row["label"] = label
        label = SimpleNamespace(names=names) if names else SimpleNamespace()
        self.features = {key: SimpleNamespace(), "label": label}

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, index):
        return self._rows[index]


class Pairs:
    """As torchvision's data sets are: pairs by index, and classes that name the labels."""

    def __init__(self, images, labels, classes=None):
        self._pairs = list(zip(images, labels, strict=True))
        if classes is not None:
            self.classes = classes

    def __len__(self):
        return len(self._pairs)

    def __getitem__(self, index):
        return self._pairs[index]


class Subset:
    """As torch.utils.data.Subset is."""

    def __init__(self, dataset, indices):
        self.dataset, self._indices = dataset, indices

    def __len__(self):
        return len(self._indices)

    def __getitem__(self, index):
        return self.dataset[self._indices[index]]


class Scalar:
    """As a label of torch is: it gives its number when asked."""

    def __init__(self, value):
        self._value = value

    def item(self):
        return self._value


def levels_of(data) -> np.ndarray:
    return data.sources[0].levels(np.arange(len(data.sources[0])))


@pytest.fixture(scope="module")
def cats() -> np.ndarray:
    """Levels (n, h, w), 255 for ink."""
    return Doodles.of("cat", 20).levels(np.arange(20))[:, 0]


def test_dictionaries_with_named_labels_become_drawings(cats):
    images = [Image.fromarray(cat) for cat in cats]
    labels = [n % 2 for n in range(20)]
    data = limner.Dataset.from_items(Columns(images, labels, ["dog", "cat", "ape"]))
    assert data.categories == data.config.categories == ("dog", "cat", "ape")
    assert data.sizes == {"train": 16, "valid": 2, "test": 2}
    assert data.shape == (1, 28, 28)
    np.testing.assert_array_equal(levels_of(data)[:, 0], cats)
    assert data.split("train").categories(np.arange(4)).tolist() == [0, 1, 0, 1]
    assert data.note == "of 20 images, 0 are dark ink on light paper, 20 light ink on dark paper"


def test_pairs_and_their_classes_become_drawings(cats):
    items = Pairs(cats, [Scalar(n % 2) for n in range(20)], classes=["0 - zero", "1 - one"])
    for given in (items, Subset(items, range(10))):
        data = limner.Dataset.from_items(given)
        assert data.categories == ("0 - zero", "1 - one")
        np.testing.assert_array_equal(levels_of(data)[:, 0], cats[: len(given)])


def test_lists_names_and_no_labels_will_do(cats):
    named = limner.Dataset.from_items([(cat, "b" if n else "a") for n, cat in enumerate(cats)])
    assert named.categories == ("a", "b")
    numbered = limner.Dataset.from_items(Pairs(cats, [7] * 19 + [3]))
    assert numbered.categories == ("3", "7")
    for bare in (Columns(cats), Columns(cats, key="img"), [(cat, None) for cat in cats]):
        data = limner.Dataset.from_items(bare)
        assert data.categories == ("image",)
        assert data.row_categories is None
        np.testing.assert_array_equal(levels_of(data)[:, 0], cats)


@pytest.mark.parametrize(
    "form",
    [
        lambda cat: cat,
        lambda cat: cat[..., None],
        lambda cat: cat[None],
        lambda cat: cat[None].astype(np.float32) / 255,
        lambda cat: cat.astype(np.int64),
        lambda cat: np.stack([cat] * 3, -1),
        lambda cat: np.stack([cat] * 3),
        lambda cat: 255 - cat,
        lambda cat: Image.fromarray(255 - cat).convert("RGB"),
        lambda cat: Image.fromarray(cat).convert("P"),
        lambda cat: Image.merge("LA", (Image.new("L", (28, 28), 0), Image.fromarray(cat))),
    ],
)
def test_ink_is_255_in_whatever_form_an_image_comes(cats, form):
    data = limner.Dataset.from_items([(form(cat), 0) for cat in cats], shape=(1, 28, 28))
    np.testing.assert_array_equal(levels_of(data)[:, 0], cats)


def test_booleans_are_ink_or_none(cats):
    data = limner.Dataset.from_items([(cat > 127, 0) for cat in cats])
    np.testing.assert_array_equal(levels_of(data)[:, 0], (cats > 127) * 255)


def test_a_mixed_set_is_told_one_by_one_as_files_are(cats, tmp_path):
    mixed = [cat if n % 2 else 255 - cat for n, cat in enumerate(cats)]
    for n, image in enumerate(mixed):
        Image.fromarray(image).save(tmp_path / f"{n:02}.png")
    config = limner.DataConfig(name="images", path=tmp_path)
    data = limner.Dataset.from_items([(image, 0) for image in mixed])
    np.testing.assert_array_equal(levels_of(data), levels_of(limner.open_dataset(config)))
    assert "10 are dark ink on light paper, 10 light ink" in data.note


def test_images_are_brought_to_size_as_files_are(tmp_path):
    images = []
    for n in range(12):
        page = Image.new("RGB", (200, 100 + n), "white")
        ImageDraw.Draw(page).line([(20, 20), (150, 60 + n)], fill="black", width=5)
        page.save(tmp_path / f"{n:02}.png")
        images.append(page)
    config = limner.DataConfig(name="images", path=tmp_path)
    data = limner.Dataset.from_items(Columns(images), shape=(1, 20, 30))
    there = limner.open_dataset(config, (1, 20, 30))
    np.testing.assert_array_equal(levels_of(data), levels_of(there))


def test_what_is_said_of_the_ink_counts():
    half = np.zeros((28, 28), np.uint8)
    half[:, 14:] = 255
    for ink, inked in (("dark", slice(0, 14)), ("light", slice(14, 28))):
        levels = levels_of(limner.Dataset.from_items([(half, 0)] * 10, ink=ink))[:, 0]
        assert (levels[:, :, inked] == 255).all()
    unsure = limner.Dataset.from_items([(half, 0)] * 10)
    assert "could be either, item 0, item 1, item 2 and others: ink dark or" in unsure.note


def test_colours_are_kept_where_they_are_asked_for():
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 200
    data = limner.Dataset.from_items([(red, 0)] * 10)
    assert data.shape == (3, 8, 8)
    assert data.note == "colours are kept as they are"
    np.testing.assert_array_equal(levels_of(data)[0], np.moveaxis(red, -1, 0))


def test_a_network_is_trained_on_items(cats):
    config = limner.RunConfig(
        model=limner.ModelConfig(hidden_size=8, num_steps=2, latent_size=2, num_categories=2),
        train=limner.TrainConfig(updates=2, batch_size=4),
    )
    data = limner.Dataset.from_items(Columns(list(cats), [n % 2 for n in range(20)], ["a", "b"]))
    run = limner.train(data, config, progress=False)
    assert run.categories == ("a", "b")
    assert run.evaluate(data).images == 2


CAT = np.full((28, 28), 9, np.uint8)


class Broken(Pairs):
    def __getitem__(self, index):
        if index == 3:
            raise RuntimeError("the disk is gone\nand more")
        return super().__getitem__(index)


@pytest.mark.parametrize(
    ("items", "options", "fault"),
    [
        ({"train": [], "test": []}, {}, r"dictionary of 'train', 'test': give one of these"),
        (iter([(CAT, 0)]), {}, "list_iterator, without a length and an index"),
        ([(CAT, 0)] * 9, {}, "there are 9 items: it takes at least 10"),
        ([CAT] * 10, {}, r"item 0: it is ndarray: give pairs \(image, label\), or dict"),
        ([{"pixels": CAT, "id": 1}] * 10, {}, "item 0: it has the keys pixels, id: name the"),
        ([("cat.png", 0)] * 10, {}, "item 0: its image is str: give a PIL image or an array"),
        ([(np.zeros((5, 8, 8)), 0)] * 10, {}, r"item 0: its image has shape \(5, 8, 8\): it must"),
        ([(np.zeros((0, 8)), 0)] * 10, {}, r"item 0: its image has shape \(0, 8\), which holds no"),
        ([(CAT, 0)] * 9 + [(CAT - 12.0, 0)], {}, "item 9: images are float64 from -3 to -3: pix"),
        ([(CAT // 9, 0)] * 10, {}, "item 0: images are uint8 from 1 to 1, where ink is 255"),
        (Broken([CAT] * 10, [0] * 10), {}, r"item 3 cannot be read \(the disk is gone\)"),
        (Pairs([CAT] * 10, [0] * 9 + [None]), {}, "item 9: its label is none: give a number"),
        (Pairs([CAT] * 10, [0.5] * 10), {}, "item 0: its label is float 0.5: give a number or"),
        (Pairs([CAT] * 10, [{"boxes": 1}] * 10), {}, "item 0: its label is dict {'boxes': 1}: g"),
        (Pairs([CAT] * 10, ["a"] * 9 + [1]), {}, "labels are numbers and names"),
        (Columns([CAT] * 10, [0] * 9 + [-1], ["a"]), {}, "item 9: its label is -1, and there are"),
        (Pairs([CAT] * 10, [0] * 10), {"shape": (2, 8, 8)}, r"shape is \(2, 8, 8\): it must be"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said_in_one_line(items, options, fault):
    with pytest.raises(LimnerError, match=fault) as caught:
        limner.Dataset.from_items(items, **options)
    assert "\n" not in str(caught.value)


def test_words_and_shapes_are_checked_where_types_are_not(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    items: Any = Pairs([CAT] * 10, [0] * 10)
    for options, fault in (
        ({"ink": "drak"}, "ink is 'drak': it must be one of auto, dark, light"),
        ({"shape": (28, 28)}, r"shape is \(28, 28\): it must be channels"),
    ):
        with pytest.raises(LimnerError, match=fault):
            limner.Dataset.from_items(items, **options)
