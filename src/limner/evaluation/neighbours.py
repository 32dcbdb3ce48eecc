"""Whether a model copies: the drawings of a split that are nearest to pictures of its own.

The distance of two pictures is the sum over pixels of the squared difference of their intensities,
ink 1 and paper 0. A picture of probabilities is smoother than a drawing, and so nearer to all of
them; what its distance says is seen beside that of reconstructions of held-out drawings, which are
as smooth.

Axis letters: b m picture, n neighbour, p pixel, c channel, h w picture.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from limner.config import Binarisation
from limner.data.dataset import Dataset
from limner.data.splits import Split
from limner.model.draw import Draw
from limner.sampling.drawings import reconstruct, sample

CHUNK = 4096

NEIGHBOURS = 4
"""Training drawings shown beside a sample."""

HELD_OUT = 256
"""Test drawings that a sample's distance is held against."""


class Neighbours(NamedTuple):
    """For each picture its nearest drawings, the nearest first."""

    places: Int[np.ndarray, "b n"]
    """In the split."""
    distances: Float[np.ndarray, "b n"]


class Comparison(NamedTuple):
    """How near to training drawings samples are, and how near what the model has not seen is.

    Samples that copy are much nearer than the reconstructions are; each drawing that a model is
    trained on and that is sampled is at 0 or nearly.
    """

    samples: Float[np.ndarray, "b c h w"]
    """Probabilities of ink."""
    neighbours: Float[np.ndarray, "b n c h w"]
    """The training drawings nearest to each sample."""
    categories: list[list[str]]
    """Of these neighbours."""
    rows: Int[np.ndarray, "b n"]
    """Of the neighbours, in the source's file."""
    files: list[list[str]]
    """Of the neighbours that have one of their own; else nothing."""
    distances: Float[np.ndarray, "b n"]
    """Of each sample from its neighbours."""
    held_out: Float[np.ndarray, "m"]
    """Of each of some test drawings to the nearest training drawing."""
    reconstructed: Float[np.ndarray, "m"]
    """Of the model's reconstruction of each of these to the nearest training drawing."""
    trained_on: int
    """How many training drawings there are."""

    def medians(self) -> dict[str, float]:
        """How far the nearest training drawing is from each kind of picture, at the median."""
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
    """Hold samples against the training drawings, and what is held out too.

    Args:
        model: The network.
        dataset: The drawings; at most `HELD_OUT` of the test split are used.
        num: How many samples.
        num_steps: T.
        binarisation: What the targets are.
        seed: Of the samples, which are those of `sample.sample`, and of the reconstructions.
        on_progress: Called with training drawings looked at and to look at.
    """
    train, test = dataset.split("train"), dataset.split("test")
    chosen = np.unique(np.linspace(0, len(test) - 1, HELD_OUT).astype(int))
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
    places = found.places[:num]
    drawings = pixels(train, places.ravel(), binarisation)
    categories = train.categories(places.ravel()).reshape(places.shape)
    held_out, reconstructed = np.split(found.distances[num:, 0], 2)
    return Comparison(
        samples=samples,
        neighbours=drawings.reshape(*places.shape, *drawings.shape[1:]),
        categories=[[dataset.categories[category] for category in row] for row in categories],
        rows=train.rows(places.ravel()).reshape(places.shape),
        files=[train.files(row) for row in places],
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
    """Find the drawings of a split that are nearest to each of some pictures.

    Args:
        images: Intensities from 0 to 1.
        split: Where to look, all of it.
        num: How many for each picture; all if the split has fewer.
        binarisation: What the drawings are, as `pixels` has it.
        on_progress: Called with drawings looked at and to look at.
    """
    rows = images.reshape(len(images), -1).astype(np.float32)
    places = np.zeros((len(images), 0), np.int64)
    distances = np.zeros((len(images), 0), np.float32)
    for start in range(0, len(split), CHUNK):
        here = np.arange(start, min(start + CHUNK, len(split)))
        there = _rows(split, here, binarisation)
        # Without the images' own lengths: those change no order.
        lengths = np.einsum("np,np->n", there, there)
        distances = np.concatenate([distances, lengths - 2 * rows @ there.T], axis=1)
        places = np.concatenate([places, np.broadcast_to(here, (len(rows), len(here)))], axis=1)
        best = np.argsort(distances, axis=1, kind="stable")[:, :num]
        distances = np.take_along_axis(distances, best, axis=1)
        places = np.take_along_axis(places, best, axis=1)
        on_progress(int(here[-1]) + 1, len(split))
    # A difference of large numbers is not exact enough for a copy to be at 0.
    gaps = rows[:, None] - _rows(split, places.ravel(), binarisation).reshape(*places.shape, -1)
    distances = np.einsum("bnp,bnp->bn", gaps, gaps)
    order = np.argsort(distances, axis=1, kind="stable")
    return Neighbours(
        np.take_along_axis(places, order, axis=1), np.take_along_axis(distances, order, axis=1)
    )


def pixels(
    split: Split, places: Int[np.ndarray, "b"], binarisation: Binarisation
) -> Float[np.ndarray, "b c h w"]:
    """Drawings as intensities, as the model was shown them.

    Those it saw binarised anew at every visit are grey, the mean of all visits.
    """
    fixed = "grey" if binarisation == "dynamic" else binarisation
    return split.targets(places, fixed, key=()) / np.float32(255)


def _rows(
    split: Split, places: Int[np.ndarray, "b"], binarisation: Binarisation
) -> Float[np.ndarray, "b p"]:
    return pixels(split, places, binarisation).reshape(len(places), -1)
