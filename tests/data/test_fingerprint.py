"""Data that differ where a run looks at them have other fingerprints."""

from pathlib import Path

import numpy as np
import pytest
from data_writers import idx, mnist_root

from limner.config import DataConfig
from limner.data.dataset import Dataset, open_dataset

LIMIT = 20
"""16 of MNIST's training images, the first 2 for validation, and the first 2 of its test images."""


def with_test_image(root: Path, changed: int) -> Dataset:
    """MNIST, one of whose test images has more ink."""
    images = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    images[changed] += 100
    mnist_root(root)
    (root / "mnist" / "t10k-images-idx3-ubyte").write_bytes(idx(images))
    return open_dataset(DataConfig(name="mnist", root=root, limit=LIMIT))


@pytest.mark.parametrize(("changed", "is_used"), [(0, True), (1, True), (2, False)])
def test_test_images_count_as_far_as_they_are_used(tmp_path, changed, is_used):
    plain = open_dataset(DataConfig(name="mnist", root=mnist_root(tmp_path / "plain"), limit=LIMIT))
    other = with_test_image(tmp_path / "other", changed)
    assert other.sizes == {"train": 16, "valid": 2, "test": 2}
    assert (other.fingerprint() != plain.fingerprint()) == is_used
    assert plain.fingerprint().rows == (LIMIT,)


def test_labels_count():
    images = np.zeros((20, 8, 8), np.uint8)
    images[:, 0] = 255
    labels = np.array(["cat", "dog"] * 10)
    one, other = (Dataset.from_arrays(images, given) for given in (labels, labels[::-1]))
    assert one.fingerprint() == Dataset.from_arrays(images, labels).fingerprint()
    assert one.fingerprint() != other.fingerprint()
