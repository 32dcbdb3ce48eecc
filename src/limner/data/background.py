"""Paper and ink: what an image is drawn on, and how much ink each of its pixels holds.

Ink is what differs in colour from the paper around it, by the largest of the differences in red,
green and blue, so that yellow on white and red on a green as dark are ink like any other.

- Transparency is paper, whatever colours are beside it. What lies on it is laid on white, so that
  a white filling is paper too; on black where nearly all of it is white.
- Of an opaque image each frequent colour is tried as the paper. The surface that it becomes under
  uneven light is followed over the image. The paper is the colour whose surface has most of the
  border, the corners and the area; where two have as much, the lighter one. The border is looked
  for within a frame.

The strongest ink of an image becomes 255, and what is no more than its noise becomes 0.

Axis letters: h w pixel, m n pixel of a smaller copy, k term of a polynomial, f colour or not.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import scipy  # whose parts are imported when they are used
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from limner.config import Ink

_SMALL = 64
"""Paper is looked for on a copy with this longer side, pixels."""
_NEAR = 24.0
"""Levels that a colour may be from its paper's and still be paper."""
_FAINTEST = 12.0
"""Levels of difference under which an image is blank."""
_FULL = 230.0
"""Levels from which ink is as dark as ink is, and is not stretched."""
_DARK_FRAME, _LIGHT_FRAME = 0.15, 0.035
"""Parts of the side that a frame may take, around paper that is lighter than it, or darker."""
_SURE = 0.6
"""Balance under which an image is not told by itself."""


class Inked(NamedTuple):
    """An image as ink on paper."""

    levels: UInt8[np.ndarray, "h w"]
    """Ink is 255, paper 0."""
    balance: float
    """How much speaks for dark ink on light paper; below 0 for light ink, 0 if nothing does."""
    is_dark: bool
    """Whether the ink was taken to be darker than the paper."""

    @property
    def is_sure(self) -> bool:
        """Whether the image by itself tells its paper."""
        return abs(self.balance) >= _SURE

    def follows(self, others: float) -> bool:
        """Whether the image is to be taken otherwise for what the others of its set say."""
        lean = self.balance + others
        return not self.is_sure and lean != 0 and (lean > 0) != self.is_dark


def find_ink(pixels: UInt8[np.ndarray, "h w 4"], ink: Ink = "auto", others: float = 0.0) -> Inked:
    """Tell the ink of an image from its paper.

    Args:
        pixels: Red, green, blue and opacity.
        ink: dark or light, if that is known.
        others: What the other images of the set say, from -1, all light ink, to 1, all dark ink.
    """
    colours = pixels[..., :3].astype(np.float32)
    opacity = pixels[..., 3] / np.float32(255)
    if is_cut_out(pixels):
        balance = 2.0 if _shows_on_white(colours, opacity) else -2.0
        is_dark = balance > 0 if ink == "auto" else ink == "dark"
        paper = np.float32(255 if is_dark else 0)
    else:
        paper, balance, is_dark = _page(pixels, ink, others)
    distance = _apart(colours, paper) * opacity
    return Inked(_stretched(distance), balance, is_dark)


def _apart(
    colours: Float[np.ndarray, "h w 3"], others: Float[np.ndarray, "*h_w_3"] | np.float32
) -> Float[np.ndarray, "h w"]:
    """How far colours are from others: the largest difference in red, green and blue."""
    red, green, blue = np.moveaxis(np.abs(colours - others), -1, 0)
    return np.maximum(np.maximum(red, green), blue)


def is_cut_out(pixels: UInt8[np.ndarray, "h w 4"]) -> bool:
    """Whether transparency is an image's paper.

    A hundredth of the side around the edge does not count: a page that ends within a pixel covers
    it by half, and an SVG's page may be a little smaller than the SVG.
    """
    edge = -(-max(pixels.shape[:2]) // 100)
    inside = pixels[edge:-edge, edge:-edge, 3]
    return inside.size > 0 and bool((inside < 128).mean() > 0.001)


def flatten(pixels: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """Colours without transparency, laid on the paper that `find_ink` would take them to lie on."""
    opacity = pixels[..., 3:] / np.float32(255)
    if opacity.min() == 1:
        return pixels[..., :3]
    colours = pixels[..., :3].astype(np.float32)
    paper = np.float32(255 if _shows_on_white(colours, opacity[..., 0]) else 0)
    return np.rint(opacity * colours + (1 - opacity) * paper).astype(np.uint8)


def _shows_on_white(colours: Float[np.ndarray, "h w 3"], opacity: Float[np.ndarray, "h w"]) -> bool:
    """Whether what lies on transparent ground is to be seen on white paper.

    White lines with a little of another colour are not, though that colour is: all around them is
    white and they are thin, which a sticker with a white rim is not.
    """
    contrast = _apart(colours, np.float32(255))
    share = opacity[contrast > 64].sum() / max(float(opacity.sum()), 1e-6)
    if not 0.005 <= share < 0.3:
        return bool(share >= 0.3 or not opacity.any())
    solid = opacity > 0.5
    depth = np.zeros((solid.shape[0] + 2, solid.shape[1] + 2))
    scipy.ndimage.distance_transform_edt(np.pad(solid, 1), distances=depth)
    rim = (depth[1:-1, 1:-1] > 0) & (depth[1:-1, 1:-1] < 2)
    is_thin = depth.max() < 0.05 * max(solid.shape)
    return not (is_thin and (contrast[rim] < 64).mean() > 0.9)


def _page(
    pixels: UInt8[np.ndarray, "h w 4"], ink: Ink, others: float
) -> tuple[Float[np.ndarray, "*f 3"], float, bool]:
    """The paper of an opaque image at each pixel, the balance, and whether ink is darker."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _SMALL / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    opaque = Image.fromarray(pixels).convert("RGB")
    small = np.asarray(opaque.resize(size, Image.Resampling.BOX), np.float32)
    found = _papers(small)
    lights = np.array([surface.mean() for surface, _ in found])
    low, high = lights.min(), lights.max()
    is_told = high - low > _NEAR
    lighter = (lights - low) / (high - low) if is_told else np.zeros(len(found))
    scores = np.array(
        [
            _score(_apart(small, surface) < _NEAR, light)
            for (surface, _), light in zip(found, lighter.tolist(), strict=True)
        ]
    )
    is_light = lighter > 0.5
    if is_light.any():
        balance = float(scores[is_light].max() - scores[~is_light].max())
        is_dark = balance + others > 0 if ink == "auto" else ink == "dark"
        best = int(np.argmax(np.where(is_light == is_dark, scores, -np.inf)))
        surface, colour = found[best]
    else:  # all is paper but for little ink, or none
        surface, colour = found[0]
        balance = _darkness(small - surface)
        is_light_page = bool(surface.mean() >= 128)
        known = {"auto": balance or others, "dark": 1.0, "light": -1.0}[ink]
        is_dark = known > 0 or (known == 0 and is_light_page)
        if balance == 0 and is_dark != is_light_page:  # all of it is ink
            surface = colour = np.full(3, 255 if is_dark else 0, np.float32)
    if np.abs(surface - colour).max() < 1.5:  # even light, and so exact
        return colour, balance, is_dark
    planes = [Image.fromarray(surface[..., n]) for n in range(3)]
    whole = [plane.resize((width, height), Image.Resampling.BILINEAR) for plane in planes]
    return np.stack([np.asarray(plane) for plane in whole], axis=-1), balance, is_dark


def _darkness(differences: Float[np.ndarray, "m n 3"]) -> float:
    """2 if what differs most from the paper is darker, -2 if it is lighter, 0 if nothing does."""
    strength = np.abs(differences).max(axis=-1)
    if strength.max() < 1:
        return 0.0
    return -2.0 if float((strength**3 * differences.mean(axis=-1)).sum()) > 0 else 2.0


class _Paper(NamedTuple):
    """What may be the paper."""

    surface: Float[np.ndarray, "m n 3"]
    colour: Float[np.ndarray, "3"]
    """What the surface is where the light is even."""


def _papers(small: Float[np.ndarray, "m n 3"]) -> list[_Paper]:
    """One to four frequent colours that are well apart, over all of the image.

    Where no colour is frequent, as in noise, it is the mean.
    """
    colours, counts = np.unique(small.reshape(-1, 3), axis=0, return_counts=True)
    is_even = _is_even(colours, counts)
    found: list[_Paper] = []
    left = np.ones(len(colours), bool)
    rest = np.ones(small.shape[:2], bool)
    while len(found) < 4 and counts[left].sum() > 0.02 * rest.size and rest.mean() > 0.02:
        _, of = np.unique(colours[left] // 16, axis=0, return_inverse=True)
        of = of.ravel()
        here = of == np.bincount(of, counts[left]).argmax()
        colour = colours[left][here][counts[left][here].argmax()]
        left &= np.abs(colours - colour).max(axis=1) >= 2 * _NEAR
        if not (rest & (_apart(small, colour) < _NEAR)).mean() > 0.01:
            continue  # all of it lies on a surface that was found before
        surface = np.broadcast_to(colour, small.shape) if is_even else _surface(small, colour)
        rest &= _apart(small, surface) >= _NEAR
        found.append(_Paper(surface, colour))
    if not found:
        colour = small.mean(axis=(0, 1))
        found.append(_Paper(np.broadcast_to(colour, small.shape), colour))
    return found


def _is_even(colours: Float[np.ndarray, "k 3"], counts: np.ndarray) -> bool:
    """Whether the light is even: what is nearly of the commonest colour mostly is just that."""
    most = counts.argmax()
    near = counts[np.abs(colours - colours[most]).max(axis=1) < _NEAR].sum()
    return bool(counts[most] > 0.75 * near and counts[most] > 0.2 * counts.sum())


def _surface(
    small: Float[np.ndarray, "m n 3"], colour: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "m n 3"]:
    """What a colour becomes over an image whose light is uneven.

    A plane, then a curved surface, is laid through the pixels that are near to it, over and over;
    at last what is left of their differences is spread over their surroundings.
    """
    surface = np.broadcast_to(colour, small.shape)
    for terms in (3, 3, 3, 6, 6, 6, 10, 10):
        near = _apart(small, surface) < _NEAR
        if near.sum() < 4 * terms:
            return surface
        basis = _polynomials(*small.shape[:2])[..., :terms]
        weights = np.linalg.lstsq(basis[near], small[near], rcond=None)[0]
        surface = (basis @ weights).astype(np.float32)
    wide = max(small.shape) / 16
    for _ in range(4):
        near = (_apart(small, surface) < _NEAR)[..., None]
        rest = scipy.ndimage.gaussian_filter(np.where(near, small - surface, 0), (wide, wide, 0))
        surface = surface + rest / (
            scipy.ndimage.gaussian_filter(near.astype(np.float32), (wide, wide, 0)) + 0.01
        )
    return np.clip(surface, 0, 255)


@cache
def _polynomials(height: int, width: int) -> Float[np.ndarray, "m n k"]:
    """1, x, y, and on to the third degree, over an image."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    powers = [(i, n - i) for n in range(4) for i in range(n + 1)]
    return np.stack([x**i * y**j for i, j in powers], axis=-1).astype(np.float32)


def _score(paper: Bool[np.ndarray, "m n"], lighter: float) -> float:
    """How much speaks for these pixels to be the paper."""
    most = _DARK_FRAME if lighter > 0.5 else _LIGHT_FRAME
    depths = range(1 + min(int(most * max(paper.shape)), (min(paper.shape) - 1) // 2))
    borders = [_border(paper[d : paper.shape[0] - d, d : paper.shape[1] - d]) for d in depths]
    return max(borders) + float(paper.mean()) + 0.5 * lighter


def _border(paper: Bool[np.ndarray, "m n"]) -> float:
    """The share of the outermost pixels, and of the corners, that are paper."""
    sides = np.concatenate([paper[0], paper[-1], paper[:, 0], paper[:, -1]])
    return float(
        sides.mean() + paper[:: max(1, len(paper) - 1), :: max(1, paper.shape[1] - 1)].mean()
    )


def _stretched(distance: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Differences from the paper as levels of ink."""
    noise = 4 * float(np.median(distance[distance < _NEAR])) if (distance < _NEAR).any() else 0.0
    strongest = float(np.partition(distance.ravel(), -_few(distance.size))[-_few(distance.size)])
    if strongest < max(_FAINTEST, 1.5 * noise):
        return np.zeros(distance.shape, np.uint8)
    full = float(np.median(distance[distance > (strongest + noise) / 2]))
    if distance.size <= _SMALL**2:  # so small an image has few pixels that are full of ink
        full = strongest
    full = 255.0 if full >= _FULL and noise < 1 else full
    levels = (distance - noise) * (255 / (full - noise))
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def _few(pixels: int) -> int:
    """As many pixels as may be no more than specks."""
    return 1 + pixels // 10_000
