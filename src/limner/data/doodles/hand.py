"""An imaginary hand that draws in a hurry: the lines it can make, and the page it leaves.

The hand is told lines, loops and curves as one would mean them, and leaves them as people with a
mouse and twenty seconds do: ends overshoot or fall short, ovals do not close, strokes miss their
places, and the whole is bent, wavering and a little crooked. How much of all this is one trait of
each hand, its haste.

A point is a complex number x + iy, y downwards, so that to turn, stretch and move is arithmetic.

Axis letters: n point.
"""

from collections.abc import Iterable
from functools import cache
from itertools import accumulate, chain, pairwise, repeat
from typing import TypeVar

import numpy as np
from jaxtyping import Complex, Float, Int

from limner.data.strokes import EXTENT

Points = Complex[np.ndarray, " _n"]
Option = TypeVar("Option")


class Hand:
    """One hand and its page; all its chance comes from one random generator."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng
        # in blocks: a generator's call for one number costs as much as for a hundred
        self._uniforms = chain.from_iterable(rng.random(256).tolist() for _ in repeat(None))
        self._strokes: list[Points] = []
        self._origin, self._size = 0j, 1.0
        self.haste = self.between(0.3, 1.1)

    def between(self, low: float, high: float) -> float:
        """Any number from low to high, all as likely."""
        return low + (high - low) * next(self._uniforms)

    def chance(self, probability: float) -> bool:
        """True that often."""
        return next(self._uniforms) < probability

    def pick(self, *options: Option) -> Option:
        """One of the options, all as likely."""
        return options[int(next(self._uniforms) * len(options))]

    def near(self, point: complex, miss: float = 0.07) -> complex:
        """The point, missed by up to that much each way."""
        return point + complex(self.between(-miss, miss), self.between(-miss, miss))

    def line(self, *corners: complex) -> Points:
        """Straight from corner to corner; the ends overshoot or fall short."""
        points = list(corners)
        points[0] += (points[0] - points[1]) * self.between(-0.05, 0.09) * self.haste
        points[-1] += (points[-1] - points[-2]) * self.between(-0.05, 0.09) * self.haste
        return _straight(len(points)) @ np.array(points)

    def curve(self, *knots: complex) -> Points:
        """Smoothly through three knots or more."""
        return _spline(len(knots)) @ np.array(knots)

    def loop(
        self, centre: complex, width: float, height: float, tilt: float = 0.0, points: int = 15
    ) -> Points:
        """Once round an oval of those half-axes, from anywhere, and seldom back to its start."""
        u = self._round(points)
        radius = 1 + self.between(-0.2, 0.2) * self.haste * _along(points)
        radius += np.real(u * u * (self.near(0j, 0.07) + self.near(0j, 0.05) * u))
        return centre + np.exp(1j * tilt) * stretch(radius * u, width, height)

    def cloud(
        self, centre: complex, width: float, height: float, bumps: int, mouth: float = 0.0
    ) -> Points:
        """Round a bumpy outline of those half-axes; mouth is the share of it left open below."""
        u = self._round(4 * bumps + 1)
        if mouth:
            u = 1j * np.exp(2j * np.pi * (mouth / 2 + (1 - mouth) * _along(len(u))))
        turn = _along(len(u)) + 0.08 * np.imag(u)  # the bumps come in uneven sizes
        radius = 0.76 + self.between(0.22, 0.36) * np.abs(np.sin(np.pi * bumps * turn))
        return centre + stretch(radius * u, width, height)

    def spiral(self, centre: complex, size: float, turns: int = 2, points: int = 11) -> Points:
        """Round and round, inwards; a small one is a dot scribbled full."""
        way = _along(points)
        angle = self.between(0.0, 6.0) + 2 * np.pi * turns * way
        return centre + size * (1 - 0.8 * way) * np.exp(1j * angle)

    def draw(self, *parts: Points) -> None:
        """Leaves one stroke on the page, its parts in one go."""
        stroke = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self._strokes.append(self._origin + self._size * stroke)

    def dot(self, at: complex) -> None:
        """Leaves a click of the mouse."""
        self.draw(np.array([at, at]))

    def move(self, origin: complex, size: float) -> None:
        """Draw around this origin, at this size, from now on."""
        self._origin, self._size = origin, size

    def page(self) -> list[Int[np.ndarray, "2 _n"]]:
        """The strokes as they were truly drawn, in simplified coordinates: integers, 0 to 255."""
        ends = list(accumulate((len(stroke) for stroke in self._strokes), initial=0))
        page = np.concatenate(self._strokes)
        page = (page - page.mean()) / max(np.ptp(np.real(page)), np.ptp(np.imag(page)))
        page += self.haste * self._failings(page, ends)

        page *= np.exp(1j * self.between(-0.14, 0.14) * self.haste)
        x, y = np.real(page), np.imag(page)
        x = self.pick(-1, 1) * (x + self.between(-0.25, 0.25) * self.haste * y)
        paper = np.stack([x, self.between(0.8, 1.2) * y])
        paper -= paper.min(axis=1, keepdims=True)
        paper = np.rint(paper * (EXTENT / paper.max())).astype(int)
        return [paper[:, start:end] for start, end in pairwise(ends)]

    def _failings(self, page: Points, ends: list[int]) -> Points:
        """Error of each point on a page of extent 1, for the most hurried hand."""
        count = len(ends) - 1
        noise = self._rng.standard_normal(2 * (6 + count + len(page))).view(complex)
        waves, pushes, misses, waver = np.split(noise, [3, 6, 6 + count])
        # slow waves bend the whole page at once, so that what touches still touches
        bend = pushes @ np.sin(np.real(np.outer(waves, 5 * page.conj() + 1)))
        return (
            0.024 * bend
            + np.repeat(0.009 * misses, np.diff(ends))
            + 0.005 * (waver + np.roll(waver, 1))
        )

    def _round(self, points: int) -> Points:
        """Once round the unit circle, more or less, either way."""
        gap = self.between(-0.05, 0.08) * self.haste
        turn = self.pick(-1, -1, 1) * 2j * np.pi * (1 + gap)
        return np.exp(1j * self.between(-2.6, -0.5) + turn * _along(points))


def stretch(points: Points, width: float, height: float) -> Points:
    """The points, each of the two axes times its own factor."""
    return width * np.real(points) + 1j * height * np.imag(points)


def mirror(points: Iterable[complex]) -> list[complex]:
    """The points, left for right."""
    return [complex(-p.real, p.imag) for p in points]


@cache
def _along(points: int) -> Float[np.ndarray, " n"]:
    return np.linspace(0, 1, points)


@cache
def _straight(corners: int) -> Float[np.ndarray, "n corners"]:
    """Takes corners to points along the lines between them, two steps to each."""
    at = np.linspace(0, corners - 1, 2 * (corners - 1) + 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(corners)))


@cache
def _spline(knots: int) -> Float[np.ndarray, "n knots"]:
    """Takes knots to points on the Catmull-Rom spline through them, three steps to each."""
    at = np.linspace(0, knots - 1, 3 * (knots - 1) + 1)
    d = np.abs(at[:, None] - np.arange(-1, knots + 1))
    inside, outside = 1 - 2.5 * d**2 + 1.5 * d**3, 2 - 4 * d + 2.5 * d**2 - 0.5 * d**3
    weights = np.where(d < 1, inside, np.where(d < 2, outside, 0))
    # the spline asks for a knot beyond each end: the one on the parabola through the last three
    weights[:, 1:4] += weights[:, :1] * [3, -3, 1]
    weights[:, -4:-1] += weights[:, -1:] * [1, -3, 3]
    return weights[:, 1:-1]
