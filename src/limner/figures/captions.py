"""The words under a figure of drawings: of which kind they are, what drew them, with what settings.

Samples, reconstructions, completions and interpolations look alike: a caption tells them apart.
"""

from typing import Literal

from limner.config import Protocol

Kind = Literal["samples", "reconstructions", "completions", "interpolation"]

MEANING: dict[Kind, str] = {
    "samples": "Samples from the prior",
    "reconstructions": "Reconstructions from the posterior",
    "completions": "Completions of a begun drawing",
    "interpolation": "Interpolation between two drawings",
}
"""The first words of the caption, for each kind."""

NOISE: dict[Protocol, str] = {
    "honest": "new noise at every step",
    "as-published": "one noise vector for all steps",
}
"""The noise of each protocol, in the words of captions."""


def settings(
    name: str,
    *,
    num_steps: int,
    category: str | None = None,
    what: str | None = None,
    seed: int | None = None,
    temperature: float = 1,
    protocols: tuple[Protocol, Protocol] = ("honest", "honest"),
) -> str:
    """What drew, and with which settings: the end of a caption.

    Args:
        name: Name of the model.
        num_steps: Number of steps, T.
        category: The category that was drawn, if a single one was chosen.
        what: What was looked at, such as "test images".
        seed: Seed for the noise, if there was any.
        temperature: Factor on the noise; 1 is not worth a word.
        protocols: The noise of training and the noise of drawing; honest ones need no word.

    Example:
        >>> settings("sketches", num_steps=20, category="cat", seed=1)
        'sketches (cat), T = 20, seed 1'
    """
    parts = (
        name if category is None else f"{name} ({category})",
        what,
        f"T = {num_steps}",
        None if seed is None else f"seed {seed}",
        None if temperature == 1 else f"temperature {temperature:g}",
        None if set(protocols) == {"honest"} else NOISE[protocols[1]],
    )
    return ", ".join(part for part in parts if part)
