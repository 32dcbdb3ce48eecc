"""Distances between sets of points, against closed forms and plain searches."""

import numpy as np
import pytest

from limner.evaluation.likeness import (
    bootstrap_error,
    coverage,
    density,
    frechet_distance,
    neighbourhoods,
)


def with_moments(mean, covariance, num: int = 60) -> np.ndarray:
    """Points that have exactly this mean and this covariance."""
    points = np.random.default_rng(0).normal(size=(num, len(mean)))
    points -= points.mean(0)
    whitened = np.linalg.solve(np.linalg.cholesky(np.cov(points, rowvar=False)), points.T)
    return (np.linalg.cholesky(covariance) @ whitened).T + mean


def test_the_frechet_distance_of_gaussians_is_the_closed_form():
    # Covariances that commute: the trace is a sum of squared differences of standard deviations.
    first = with_moments([1.0, 2.0], np.diag([4.0, 9.0]))
    second = with_moments([4.0, -2.0], np.diag([1.0, 25.0]))
    assert frechet_distance(first, second) == pytest.approx(9 + 16 + (2 - 1) ** 2 + (3 - 5) ** 2)


def test_the_frechet_distance_is_that_of_a_plain_matrix_root():
    from scipy.linalg import sqrtm

    random = np.random.default_rng(1)
    roots = random.normal(size=(2, 4, 4))
    one, other = roots[0] @ roots[0].T, roots[1] @ roots[1].T
    expected = np.trace(one + other - 2 * np.real(sqrtm(one @ other)))
    found = frechet_distance(with_moments(np.zeros(4), one), with_moments(np.zeros(4), other))
    assert found == pytest.approx(expected)


def test_the_frechet_distance_of_a_set_from_itself_is_0():
    points = np.random.default_rng(2).normal(size=(6, 9))  # fewer points than dimensions
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("k", [1, 3])
def test_density_and_coverage_are_those_of_a_plain_count(k):
    random = np.random.default_rng(3)
    real, made = random.normal(size=(9, 2)), random.normal(0.5, 1.5, size=(7, 2))
    lies_in = np.zeros((9, 7), bool)
    for i, one in enumerate(real):
        others = sorted(np.linalg.norm(one - other) for j, other in enumerate(real) if j != i)
        for j, drawn in enumerate(made):
            lies_in[i, j] = np.linalg.norm(one - drawn) < others[k - 1]
    near = neighbourhoods(real, made, k)
    assert density(near, k).mean() == pytest.approx(lies_in.sum() / (k * 7))
    assert coverage(near).mean() == pytest.approx(sum(map(any, lies_in)) / 9)


def test_far_points_have_density_and_coverage_0():
    real = np.random.default_rng(4).normal(size=(20, 3))
    near = neighbourhoods(real, real + 100)
    assert density(near).max() == coverage(near).max() == 0


def test_two_sets_of_one_distribution_have_density_1():
    random = np.random.default_rng(5)
    near = neighbourhoods(random.normal(size=(800, 3)), random.normal(size=(800, 3)))
    assert density(near).mean() == pytest.approx(1, abs=0.07)
    assert coverage(near).mean() == pytest.approx(1 - 2**-5, abs=0.03)


def test_a_neighbour_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="5 real drawings have no 5-th neighbour"):
        neighbourhoods(np.zeros((5, 2)), np.zeros((3, 2)))


def test_the_bootstrap_error_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(6).normal(size=400)
    error = bootstrap_error(np.mean, values)
    assert error == pytest.approx(values.std() / 20, rel=0.3)
