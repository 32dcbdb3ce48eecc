"""What an evaluation found, in nats; each number says what it means.

Nothing here needs JAX, so that cards are read at once.
"""

import dataclasses
from dataclasses import dataclass, field

from limner.config import Binarisation, Protocol, SplitName
from limner.errors import LimnerError, check_count
from limner.text import html_table, rounded


def check_importance(
    samples: int | None, images: int | None, protocol: Protocol = "honest"
) -> None:
    """Check what is asked of the importance-weighted bound.

    Raises:
        LimnerError: A number is below 1, there are images and no samples, or the noise of
            `protocol` gives no bound.
    """
    for what, count in (("importance_samples", samples), ("importance_images", images)):
        if count is not None:
            check_count(count, what)
    if images is not None and samples is None:
        raise LimnerError(
            "importance_images needs importance_samples: say how many for each, such as 1000"
        )
    if samples is not None and protocol != "honest":
        raise LimnerError(
            f"importance_samples gives a bound, and {protocol} bounds nothing: leave out one"
        )


@dataclass(frozen=True, kw_only=True)
class CategoryBound:
    """The bound over the images of one category, nats for each image."""

    images: int
    """Number of images."""
    bound: float
    """The mean of distortion + rate (the negative ELBO)."""
    stderr: float | None
    """Standard error of the bound."""
    floor: float | None
    """The entropy of grey targets; None for other targets."""
    quantiles: tuple[float, ...] | None = field(default=None, repr=False)
    """The quantiles of the bounds of single images, as `bound_quantiles` gives them."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Means over a split, nats for each image.

    The as-published protocol gives no bound: `bound`, `stderr` and `excess` are then None, and `Lx`
    and `Lz` are the numbers that the 2018 study would have reported.
    """

    data: str
    """The data set."""
    categories: tuple[str, ...]
    """The categories of the data set."""
    split: SplitName
    """The split that was measured."""
    images: int
    """Number of images."""
    binarisation: Binarisation
    """How grey levels became targets."""
    protocol: Protocol
    """How the noise was made."""
    num_steps: int
    """Number of steps, T."""
    distortion: float
    """-log p(image given the last canvas); for grey targets, a cross-entropy."""
    rate: float
    """KL divergence of the posterior from the prior, over all steps."""
    rate_per_step: tuple[float, ...]
    """The rate of each step."""
    floor: float | None = None
    """The entropy of grey targets, which no model can go below; None for other targets."""
    bound: float | None = None
    """distortion + rate (the negative ELBO), from one draw of the noise for each image."""
    stderr: float | None = None
    """Standard error of the bound, over the images."""
    excess: float | None = None
    """The bound minus the floor, for grey targets."""
    bits_per_dim: float | None = None
    """The bound in bits for each pixel and channel (bits per dimension)."""
    quantiles: tuple[float, ...] | None = field(default=None, repr=False)
    """The quantiles of the bounds of single images, as `bound_quantiles` gives them."""
    by_category: dict[str, CategoryBound] = field(default_factory=dict)
    """The bound of each category by itself, if there are several."""
    importance_samples: int | None = None
    """Number K of importance samples for each image."""
    importance_bound: float | None = None
    """The importance-weighted bound (IWAE) from K samples."""
    importance_stderr: float | None = None
    """Standard error of the importance-weighted bound, over its images."""
    importance_images: int | None = None
    """Number of images that it was measured on."""
    importance_gain: float | None = None
    """The bound minus the importance-weighted bound, over the same images."""
    Lx: float | None = None
    """The study's name for the distortion, under its protocol."""
    Lz: float | None = None
    """The rate with the study's constant, under its protocol."""

    def facts(self) -> list[tuple[str, str]]:
        """The known numbers over all categories together: names and values, as text."""
        names = [one.name for one in dataclasses.fields(self)]
        known = [(name, getattr(self, name)) for name in names if name not in _NO_FACTS]
        return [
            (name.replace("_", " "), _said(value)) for name, value in known if value is not None
        ]

    def category_facts(self) -> list[tuple[str, ...]]:
        """The numbers of each category by itself, in the order of `CATEGORY_FACTS`."""
        return [
            (
                name,
                f"{of.images:,}",
                *(rounded(each, 2) for each in (of.bound, of.stderr, of.floor)),
            )
            for name, of in self.by_category.items()
        ]

    def __str__(self) -> str:
        whole = [f"{name:<20}{value}" for name, value in self.facts()]
        own = [f"{name:<20}{' '.join(rest)}" for name, *rest in self.category_facts()]
        heading = [f"\n{CATEGORY_FACTS[0]:<20}{' '.join(CATEGORY_FACTS[1:])}"] if own else []
        return "\n".join([*whole, *heading, *own])

    def _repr_html_(self) -> str:
        whole = html_table(self.facts())
        if not self.by_category:
            return whole
        return whole + html_table(self.category_facts(), CATEGORY_FACTS)


CATEGORY_FACTS = ("category", "images", "bound", "stderr", "floor")
"""Headings of a table with a row for each category."""

_NO_FACTS = ("by_category", "quantiles")  # too many numbers for a row


def _said(value: object) -> str:
    match value:
        case float():
            return f"{value:.3f}"
        case [float(), *_]:
            return " ".join(f"{each:.2f}" for each in value)
        case [*_]:
            return ", ".join(value)
    return str(value)
