"""Whether a model copies (overfitting): the training drawings nearest to its samples.

The distance of two images is the sum over pixels of the squared difference of their intensities,
ink 1 and paper 0. An image of probabilities is smoother than a drawing, and so nearer to all
drawings. A fair comparison is therefore with reconstructions of held-out drawings, which are as
smooth.

Axis letters: b m image, n neighbour, p pixel, c channel, h w image.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from limner.config import Binarisation
from limner.data.dataset import Dataset
from limner.data.splits import Split, evenly
from limner.model.draw import Draw
from limner.sampling.drawings import reconstruct, sample

CHUNK = 4096

NEIGHBOURS = 4
"""Number of training drawings shown beside a sample."""

HELD_OUT = 256
"""Number of test drawings whose distances are compared with those of samples."""


class Neighbours(NamedTuple):
    """The drawings nearest to each image, the nearest first."""

    indices: Int[np.ndarray, "b n"]
    """Indices of the drawings in the split."""
    distances: Float[np.ndarray, "b n"]


class Comparison(NamedTuple):
    """How near samples are to training drawings, compared with drawings the model has not seen.

    Samples that copy are much nearer than the reconstructions; a sample that equals a training
    drawing has a distance of about 0.
    """

    samples: Float[np.ndarray, "b c h w"]
    """Probabilities of ink."""
    neighbours: Float[np.ndarray, "b n c h w"]
    """The training drawings nearest to each sample."""
    categories: list[list[str]]
    """Categories of the neighbours."""
    rows: Int[np.ndarray, "b n"]
    """Rows of the neighbours in the file of their source."""
    files: list[list[str]]
    """Files of the neighbours; empty text where a drawing has no file of its own."""
    distances: Float[np.ndarray, "b n"]
    """Distances of each sample from its neighbours."""
    held_out: Float[np.ndarray, "m"]
    """Distance of each of some test drawings from the nearest training drawing."""
    reconstructed: Float[np.ndarray, "m"]
    """Distance of the reconstruction of each of these from the nearest training drawing."""
    trained_on: int
    """Number of training drawings."""

    def medians(self) -> dict[str, float]:
        """Median distance to the nearest training drawing, for each kind of image."""
        kinds = {
            "samples": self.distances[:, 0],
            "test drawings": self.held_out,
            "reconstructions of test drawings": self.reconstructed,
        }
        return {what: float(np.median(distances)) for what, distances in kinds.items()}


def compare(
    model: Draw,
    dataset: Dataset,
    *,
    num: int,
    num_steps: int,
    binarisation: Binarisation,
    seed: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """Compare samples, and held-out drawings, with all training drawings.

    Args:
        model: The network.
        dataset: The drawings; at most `HELD_OUT` of the test split are used.
        num: Number of samples.
        num_steps: Number of steps, T.
        binarisation: How grey levels become targets.
        seed: Seed for the samples, the same as in `sampling.drawings.sample`, and for the
            reconstructions.
        on_progress: Called with the numbers of training drawings searched and to search.
    """
    train, test = dataset.split("train"), dataset.split("test")
    chosen = evenly(len(test), HELD_OUT)
    unseen = pixels(test, chosen, binarisation)
    samples = sample(model, num=num, num_steps=num_steps, seed=seed).probabilities[-1]
    redrawn = reconstruct(
        model, unseen, num_steps=num_steps, seed=seed, categories=test.categories(chosen)
    ).probabilities[-1]
    found = nearest(
        np.concatenate([samples, unseen, redrawn]),
        train,
        num=NEIGHBOURS,
        binarisation=binarisation,
        on_progress=on_progress,
    )
    indices = found.indices[:num]
    drawings = pixels(train, indices.ravel(), binarisation)
    categories = train.categories(indices.ravel()).reshape(indices.shape)
    held_out, reconstructed = np.split(found.distances[num:, 0], 2)
    return Comparison(
        samples=samples,
        neighbours=drawings.reshape(*indices.shape, *drawings.shape[1:]),
        categories=[[dataset.categories[category] for category in row] for row in categories],
        rows=train.rows(indices.ravel()).reshape(indices.shape),
        files=[train.files(row) for row in indices],
        distances=found.distances[:num],
        held_out=held_out,
        reconstructed=reconstructed,
        trained_on=len(train),
    )


def nearest(
    images: Float[np.ndarray, "b c h w"],
    split: Split,
    *,
    num: int,
    binarisation: Binarisation,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Neighbours:
    """Find the drawings of a split that are nearest to each image.

    Args:
        images: Intensities from 0 to 1.
        split: The split to search, all of it.
        num: Number of drawings for each image; all of them if the split has fewer.
        binarisation: How grey levels become targets; see `pixels`.
        on_progress: Called with the numbers of drawings searched and to search.
    """
    rows = images.reshape(len(images), -1).astype(np.float32)
    indices = np.zeros((len(images), 0), np.int64)
    distances = np.zeros((len(images), 0), np.float32)
    for here in split.blocks(CHUNK):
        there = _rows(split, here, binarisation)
        # The images' own lengths are left out: they do not change the order.
        lengths = np.einsum("np,np->n", there, there)
        distances = np.concatenate([distances, lengths - 2 * rows @ there.T], axis=1)
        indices = np.concatenate([indices, np.broadcast_to(here, (len(rows), len(here)))], axis=1)
        best = np.argsort(distances, axis=1, kind="stable")[:, :num]
        distances = np.take_along_axis(distances, best, axis=1)
        indices = np.take_along_axis(indices, best, axis=1)
        on_progress(int(here[-1]) + 1, len(split))
    # A difference of large numbers is not exact enough for a copy to be at 0.
    gaps = rows[:, None] - _rows(split, indices.ravel(), binarisation).reshape(*indices.shape, -1)
    distances = np.einsum("bnp,bnp->bn", gaps, gaps)
    order = np.argsort(distances, axis=1, kind="stable")
    return Neighbours(
        np.take_along_axis(indices, order, axis=1), np.take_along_axis(distances, order, axis=1)
    )


def pixels(
    split: Split, indices: Int[np.ndarray, "b"], binarisation: Binarisation
) -> Float[np.ndarray, "b c h w"]:
    """Drawings as intensities, as the model saw them.

    With dynamic binarisation they are grey, the mean over all visits.
    """
    fixed = "grey" if binarisation == "dynamic" else binarisation
    return split.pixels(indices, fixed, key=())


def _rows(
    split: Split, indices: Int[np.ndarray, "b"], binarisation: Binarisation
) -> Float[np.ndarray, "b p"]:
    return pixels(split, indices, binarisation).reshape(len(indices), -1)
