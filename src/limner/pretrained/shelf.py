"""Models by name: which there are, and how one is opened."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from limner.config import RunConfig
from limner.errors import LimnerError
from limner.model import Draw
from limner.pretrained.card import Card
from limner.run import Run
from limner.sample import Drawings, reconstruct, sample
from limner.words import near

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

    def sample(
        self,
        num: int = 16,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        num_steps: int | None = None,
    ) -> Drawings:
        """Draw from the prior, in as many steps as in training if not told; see `sample.sample`."""
        num_steps = num_steps or self.config.model.num_steps
        return sample(self.model, num=num, num_steps=num_steps, seed=seed, temperature=temperature)

    def reconstruct(self, images: Float[np.ndarray, "b c h w"], *, seed: int = 0) -> Drawings:
        """Draw pictures, pixels from 0 to 1, from looks at them; see `sample.reconstruct`."""
        num_steps = self.config.model.num_steps
        return reconstruct(self.model, images, num_steps=num_steps, seed=seed)


def load(place: str | Path) -> Trained:
    """A trained network.

    Args:
        place: A pretrained model's name, or a run folder.

    Raises:
        LimnerError: There is neither, or its weights are missing or damaged.
    """
    run = find(Path(place))
    return Trained(run.folder.resolve().name, run.load_model(), run.config, read_card(run.folder))


def names() -> list[str]:
    """The models that come with the package, sorted."""
    return sorted(path.parent.name for path in SHELF.glob("*/card.json"))


def find(place: Path) -> Run:
    """A run folder, or else the pretrained model of that name, whose pictures go to ./limner-NAME.

    Raises:
        LimnerError: There is neither, or its configuration cannot be read.
    """
    name, known = str(place), names()
    if not (place / "config.json").exists():
        if name in known:
            place = SHELF / name
        elif known and len(place.parts) == 1:
            raise LimnerError(
                f"{name} is neither a run folder (`limner train --out {name}` makes one) nor a "
                f"pretrained model{near(name, known)}"
            )
    run = Run.open(place)
    if place.resolve().parent == SHELF.resolve():  # the package is no place for pictures
        run = dataclasses.replace(run, pictures=Path(f"limner-{place.name}"))
    return run


def read_card(folder: Path) -> Card | None:
    """The card in a folder, if it has one.

    Raises:
        LimnerError: It cannot be read.
    """
    path = folder / "card.json"
    return Card.from_json(path.read_text(), origin=str(path)) if path.exists() else None
