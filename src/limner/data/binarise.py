"""From grey levels to ink or no ink: what a binary model is asked to draw.

A level v of 255 is ink where v >= 128 (threshold), or with probability v/255 (static, dynamic). The
random choice compares v/255 with a 16-bit uniform number u/65536, exactly, in whole numbers:
255 u < 65536 v. So level 0 is never ink, level 255 always is, and any other chance is right to
1/65536. The numbers are raw words of a Philox generator whose key is the drawing and whose counter
is the visit, so they depend on no order, no batch, no neighbour, and no version of NumPy's
distributions.

Axis letters: b image, c channel, h w image.

Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011 (Philox); Salakhutdinov and
Murray, On the quantitative analysis of deep belief networks, 2008 (static); Burda et al.,
Importance weighted autoencoders, 2016 (dynamic).
"""

from math import prod

import numpy as np
from jaxtyping import Float, Int64, UInt8, UInt16, UInt64

from limner.config import Binarisation
from limner.data.sources import Shape

INK = 255


def threshold(levels: UInt8[np.ndarray, "*b c h w"]) -> UInt8[np.ndarray, "*b c h w"]:
    """Ink where a level is nearer to ink than to paper."""
    return (levels >> 7) * np.uint8(INK)


def pixels(
    levels: UInt8[np.ndarray, "*b c h w"], binarisation: Binarisation
) -> Float[np.ndarray, "*b c h w"]:
    """Images that are in no data set, as a model takes them, from 0 to 1.

    They are cut at one half for a model that knows only ink and paper.
    """
    return (levels if binarisation == "grey" else threshold(levels)) / np.float32(INK)


def draw(
    levels: UInt8[np.ndarray, "b c h w"], noise: UInt16[np.ndarray, "b c h w"]
) -> UInt8[np.ndarray, "b c h w"]:
    """Ink with a probability of level/255, decided by uniform numbers of 16 bits."""
    ink = noise.astype(np.uint32) * np.uint32(INK) < levels.astype(np.uint32) * np.uint32(65536)
    return np.where(ink, np.uint8(INK), np.uint8(0))


def noise(
    sources: UInt64[np.ndarray, "b"],
    rows: Int64[np.ndarray, "b"],
    shape: Shape,
    visit: tuple[int, ...] = (),
) -> UInt16[np.ndarray, "b c h w"]:
    """Uniform numbers of 16 bits that belong to a drawing and a visit.

    Args:
        sources: A number for each drawing's source.
        rows: Row of each drawing in its source.
        shape: Channels, height, width.
        visit: At most two numbers below 2^64, such as (seed, step); none for the numbers that a
            drawing keeps for ever.
    """
    if len(visit) > 2:
        raise ValueError(f"a visit is at most two numbers, not {visit}")
    size = prod(shape)
    words = np.empty((len(rows), -(-size // 4)), "<u8")
    generator = np.random.Philox(key=0)
    # Setting the state costs an eighth of making a generator. The first word of the counter
    # counts the blocks drawn; the second tells visits of different kinds apart.
    state = generator.state
    state["state"]["counter"][:] = (0, len(visit), *visit, *(0,) * (2 - len(visit)))
    key = state["state"]["key"]
    for out, source, row in zip(words, sources.tolist(), rows.tolist(), strict=True):
        key[:] = source, row
        generator.state = state
        out[:] = generator.random_raw(len(out))
    return words.view("<u2")[:, :size].reshape(len(rows), *shape)
