"""How alike two sets of drawings are, as points in a space of features: no pixel is compared.

Axis letters: n real drawing, m made drawing, f feature.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

NEIGHBOURS = 5
"""The k-th neighbour that bounds the neighbourhood of a real drawing (the paper's 5)."""

RESAMPLES = 40
"""Number of bootstrap samples that a standard error is from."""


def frechet_distance(real: Float[np.ndarray, "n f"], made: Float[np.ndarray, "m f"]) -> float:
    """The squared Fréchet distance between two sets of points, each taken as a Gaussian.

        |mean - mean'|² + trace(C + C' - 2 (C C')^(1/2)),

    with the covariances C, C'. It is 0 for equal sets, and grows as the sets become smaller, so
    only distances between sets of the same sizes are to be compared.

    Source: Dowson and Landau 1982; Heusel et al. 2017 (there with the features of Inception).

    Example:
        >>> points = np.random.default_rng(0).normal(size=(500, 2))
        >>> round(frechet_distance(points, points + [3, 4]), 6)
        25.0
    """
    real, made = real.astype(float), made.astype(float)
    root, other = (_square_root(np.cov(points, rowvar=False)) for points in (real, made))
    gap = real.mean(0) - made.mean(0)
    # The eigenvalues of (C C')^(1/2) are the singular values of C^(1/2) C'^(1/2).
    shared = np.linalg.svd(root @ other, compute_uv=False).sum()
    return float(gap @ gap + (root**2).sum() + (other**2).sum() - 2 * shared)


def _square_root(covariance: Float[np.ndarray, "f f"]) -> Float[np.ndarray, "f f"]:
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(values.clip(min=0)) @ vectors.T


def neighbourhoods(
    real: Float[np.ndarray, "n f"], made: Float[np.ndarray, "m f"], k: int = NEIGHBOURS
) -> Bool[np.ndarray, "n m"]:
    """Whether each made drawing is nearer to each real one than its k-th real neighbour is.

    `density` and `coverage` are means of it. Source: Naeem et al. 2020, eqs. 2 to 4.

    Raises:
        ValueError: There are no k other real drawings.
    """
    if len(real) <= k:
        raise ValueError(f"{len(real)} real drawings have no {k}-th neighbour")
    real, made = real.astype(float), made.astype(float)
    radii = np.sort(_squared_distances(real, real), axis=1)[:, k]  # the 0-th is the drawing itself
    return _squared_distances(real, made) < radii[:, None]


def density(near: Bool[np.ndarray, "n m"], k: int = NEIGHBOURS) -> Float[np.ndarray, "m"]:
    """For each made drawing, the number of neighbourhoods it lies in, divided by k.

    The mean is the density: about 1 if both sets have one distribution, less if made drawings lie
    where no real ones do.
    """
    return near.sum(0) / k


def coverage(near: Bool[np.ndarray, "n m"]) -> Float[np.ndarray, "n"]:
    """For each real drawing, 1 if some made drawing lies in its neighbourhood, else 0.

    The mean is the coverage, from 0 to 1; less if the made drawings lack some kinds of real ones.
    For two sets of one distribution it is about 1 - 2^-k if they have the same size, and less with
    fewer made drawings.
    """
    return near.any(1).astype(float)


def bootstrap_error(
    statistic: Callable[..., float], *sets: Float[np.ndarray, "_ ..."], seed: int = 0
) -> float:
    """The standard error of a statistic: its spread over sets drawn with replacement.

    Source: Efron 1979.
    """
    random = np.random.default_rng(seed)
    values = [
        statistic(*(part[random.integers(len(part), size=len(part))] for part in sets))
        for _ in range(RESAMPLES)
    ]
    return float(np.std(values, ddof=1))


def _squared_distances(
    first: Float[np.ndarray, "n f"], second: Float[np.ndarray, "m f"]
) -> Float[np.ndarray, "n m"]:
    lengths = (first**2).sum(1)[:, None] + (second**2).sum(1)
    return (lengths - 2 * first @ second.T).clip(min=0)
