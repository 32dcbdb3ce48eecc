"""What a user is told of ink and paper in a set of images, and what one image says of others."""

from collections.abc import Sequence

import numpy as np

from limner.config import Ink
from limner.data.background import Inked
from limner.text import listed

COLOURS_KEPT = "colours are kept as they are"
"""What is said of images that are not turned into ink and paper."""


def lean(found: Sequence[Inked]) -> float:
    """What the images that are sure say of one that is not: from -1, light ink, to 1, dark ink."""
    sure = [1.0 if one.is_dark else -1.0 for one in found if one.is_sure]
    return float(np.mean(sure)) if sure else 0.0


def tell(found: Sequence[Inked], names: Sequence[str], option: str, ink: Ink = "auto") -> str:
    """How the ink of some images was told, in words.

    Args:
        found: The images.
        names: Of each.
        option: What says otherwise.
        ink: What was said of it beforehand.
    """
    dark = sum(one.is_dark for one in found)
    if ink != "auto":
        note = f"{len(found)} images, their ink {ink} as was said"
    else:
        note = f"of {len(found)} images, {dark} are dark ink on light paper, " + (
            f"{len(found) - dark} light ink on dark paper"
        )
    blank = [name for name, one in zip(names, found, strict=True) if not one.levels.any()]
    if blank:
        note += f"; {len(blank)} are blank, {_some(blank)}"
    unsure = [
        name for name, one in zip(names, found, strict=True) if not one.is_sure and one.levels.any()
    ]
    if unsure and ink == "auto":
        note += (
            f"; {len(unsure)} could be either, {_some(unsure)}: "
            f"{option} dark or {option} light says which"
        )
    return note


def _some(names: Sequence[str]) -> str:
    """The first names of many."""
    return listed(list(names)) if len(names) < 4 else f"{', '.join(names[:3])} and others"
