"""The paper that a picture is drawn on: what its border mostly is.

Where paper is light, ink is dark; and what a picture is fitted into is filled with its paper.

Axis letters: n picture, p pixel, c channel, h w picture.
"""

import numpy as np
from jaxtyping import Bool, Shaped, UInt8
from PIL import Image

from limner.data.sources import Shape

COLOURS_KEPT = "colours are kept as they are"
"""What is said of pictures that are not turned into ink and paper."""


def fit(picture: Image.Image, shape: Shape) -> UInt8[np.ndarray, "c h w"]:
    """A picture brought to a shape: shrunk by averaging areas, in the middle of its own paper."""
    channels, height, width = shape
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        pixels = np.asarray(picture).reshape(picture.height, picture.width, channels)
        paper = tuple(np.median(_border(pixels), axis=0).astype(int).tolist())
        scale = min(height / picture.height, width / picture.width)
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        shrunk = picture.resize(size, Image.Resampling.BOX)
        picture = Image.new(picture.mode, (width, height), paper)
        picture.paste(shrunk, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1)


def is_light(pictures: UInt8[np.ndarray, "n h w"]) -> Bool[np.ndarray, "n"]:
    """Which pictures lie on light paper, and so are to be inverted for 255 to be ink."""
    return np.array([np.median(_border(picture)) >= 128 for picture in pictures])


def majority(light: Bool[np.ndarray, "n"], what: str) -> tuple[bool, str]:
    """Whether more than half of some pictures lie on light paper, and how many agree, in words.

    Args:
        light: Which of them do.
        what: What they are called.
    """
    inverted = bool(light.mean() > 0.5)
    agreeing = (light == inverted).sum()
    verdict = "dark on light: all inverted" if inverted else "light on dark: none inverted"
    return inverted, f"of {len(light)} {what}, {agreeing} are {verdict}"


def _border(pixels: Shaped[np.ndarray, "h w *c"]) -> Shaped[np.ndarray, "p *c"]:
    """The outermost pixels, once each but the corners."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
