"""Models by name: which there are, and how one is opened."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from limner.config import RunConfig
from limner.errors import LimnerError, near
from limner.model.draw import Draw
from limner.pretrained.card import Card
from limner.run import Run, category_place, model_categories
from limner.sampling.drawings import Drawings, reconstruct, sample
from limner.text import suggested

SHELF = Path(__file__).parent
"""Where the models that come with the package lie."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network, and what is known of it."""

    name: str
    """Its folder's."""
    model: Draw = field(repr=False)
    config: RunConfig = field(repr=False)
    card: Card | None
    """None of a run that was not exported."""

    @property
    def categories(self) -> tuple[str, ...]:
        """Those it tells apart; none of a model that tells none."""
        return model_categories(self.config)

    def sample(
        self,
        num: int = 16,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        num_steps: int | None = None,
        category: str | None = None,
    ) -> Drawings:
        """Draw from the prior; see `sample.sample`.

        Args:
            num: How many pictures.
            seed: Of the noise.
            temperature: Factor on the noise.
            num_steps: T, if not that of training.
            category: One of `categories`; all, by chance, if None.

        Raises:
            LimnerError: It does not tell this category apart.
        """
        return sample(
            self.model,
            num=num,
            num_steps=num_steps or self.config.model.num_steps,
            seed=seed,
            temperature=temperature,
            category=None if category is None else self._place(category),
        )

    def reconstruct(
        self,
        images: Float[np.ndarray, "b c h w"],
        *,
        seed: int = 0,
        num_steps: int | None = None,
        category: str | None = None,
    ) -> Drawings:
        """Draw pictures from looks at them; see `sample.reconstruct`.

        Args:
            images: Pixels from 0 to 1.
            seed: Of the noise.
            num_steps: T, if not that of training.
            category: Theirs, one of `categories` if there are any.

        Raises:
            LimnerError: It does not tell this category apart, or it does tell some apart and none
                is given; or the pictures are of another size, or not from 0 to 1.
        """
        images = np.asarray(images, np.float32)
        if images.ndim != 4 or images.shape[1:] != self.model.shape:
            raise LimnerError(
                f"{self.name} takes pictures of shape (b, c, h, w) with (c, h, w) = "
                f"{self.model.shape}, not {images.shape}"
            )
        if images.size and not (images.min() >= 0 and images.max() <= 1):
            raise LimnerError("pixels are from 0 to 1, 1 for ink: divide levels by 255")
        if category is None and self.categories:
            raise LimnerError(
                f"{self.name} tells categories apart: say which these pictures are, as in "
                f"category={self.categories[0]!r}"
            )
        place = None if category is None else self._place(category)
        return reconstruct(
            self.model,
            images,
            num_steps=num_steps or self.config.model.num_steps,
            seed=seed,
            categories=None if place is None else np.full(len(images), place),
        )

    def _place(self, category: str) -> int:
        return category_place(self.config, category, of=self.name)


def load(place: str | Path) -> Trained:
    """A trained network.

    Args:
        place: A pretrained model's name, or a run folder.

    Raises:
        LimnerError: There is neither, or its weights are missing or damaged.
    """
    run = find(Path(place))
    return Trained(run.name, run.load_model(), run.config, read_card(run.folder))


def names() -> list[str]:
    """The models that come with the package, sorted."""
    return sorted(path.parent.name for path in SHELF.glob("*/card.json"))


def cards() -> dict[str, Card]:
    """The cards of the models that come with the package, by name."""
    return {name: card for name in names() if (card := read_card(SHELF / name)) is not None}


def find(place: Path) -> Run:
    """A run folder, or else the pretrained model of that name, whose pictures go to ./limner-NAME.

    Raises:
        LimnerError: There is neither, or its configuration cannot be read.
    """
    folder, known = folder_of(place), names()
    if known and len(folder.parts) == 1 and not (folder / "config.json").exists():
        raise LimnerError(
            f"{place} is neither a run folder (`{suggested('train --out', place)}` makes one) nor "
            f"a pretrained model{near(str(place), known)}"
        )
    run = Run.open(folder)
    if folder.resolve().parent == SHELF.resolve():  # the package is no place for pictures
        run = dataclasses.replace(run, pictures=Path(f"limner-{folder.name}"))
    return run


def folder_of(place: Path) -> Path:
    """That of the pretrained model of this name, unless a run folder is there; else the place."""
    is_name = str(place) in names() and not (place / "config.json").exists()
    return SHELF / place if is_name else place


def read_card(folder: Path) -> Card | None:
    """The card in a folder, if it has one.

    Raises:
        LimnerError: It cannot be read.
    """
    path = folder / "card.json"
    return Card.from_json(path.read_text("utf-8-sig"), origin=str(path)) if path.exists() else None
