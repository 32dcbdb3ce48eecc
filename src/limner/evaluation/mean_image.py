"""A baseline without a network: every pixel as dark as the training images are on average.

    m = (sum of x + 1/2) / (n + 1),   distortion = -sum over pixels of  x log m + (1 - x) log(1 - m)

The half keeps m off 0 and 1 (Krichevsky and Trofimov's estimate). There are no latents, so the rate
is 0 and the distortion is the bound.

Axis letters: b image, d pixel of any row, column or channel.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from limner.config import Binarisation, SplitName
from limner.data.dataset import Dataset
from limner.data.splits import Split
from limner.evaluation.bound import grey_floors, standard_error
from limner.evaluation.result import Evaluation

_CHUNK = 4096


def evaluate_mean_image(
    dataset: Dataset, *, binarisation: Binarisation, split: SplitName
) -> Evaluation:
    """Measure a split under the mean of all training images.

    Args:
        dataset: The images.
        binarisation: How grey levels become targets.
        split: The split to measure.
    """
    train, images = dataset.split("train"), dataset.split(split)
    ink = np.sum([chunk.sum(0) for chunk in _chunks(train, binarisation)], axis=0)
    mean = (ink + 0.5) / (len(train) + 1)
    distortions = np.concatenate(
        [
            -(chunk @ np.log(mean) + (1 - chunk) @ np.log1p(-mean))
            for chunk in _chunks(images, binarisation)
        ]
    )
    bound = float(distortions.mean())
    floor = float(grey_floors(images).mean()) if binarisation == "grey" else None
    return Evaluation(
        data=dataset.name,
        categories=dataset.categories,
        split=split,
        images=len(images),
        binarisation=binarisation,
        protocol="honest",
        num_steps=0,
        distortion=bound,
        rate=0.0,
        rate_per_step=(),
        bound=bound,
        stderr=standard_error(distortions),
        floor=floor,
        excess=None if floor is None else bound - floor,
        bits_per_dim=float(bound / np.log(2) / mean.size),
    )


def _chunks(images: Split, binarisation: Binarisation) -> Iterator[Float[np.ndarray, "b d"]]:
    """All images of a split from 0 to 1, some at a time."""
    for indices in images.blocks(_CHUNK):
        targets = images.targets(indices, binarisation, key=(0, int(indices[0])))
        yield targets.reshape(len(indices), -1) / 255
