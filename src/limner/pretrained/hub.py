"""Trained networks by name: run folders, the models that come with the package, repositories.

Only to open one needs JAX: names and cards are read without.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from limner.errors import LimnerError, near
from limner.pretrained.card import Card
from limner.pretrained.repository import fetch, repository_of
from limner.system.checksums import read_checked
from limner.system.home import at_home
from limner.text import suggested

if TYPE_CHECKING:
    from limner.run import Run

SHELF = Path(__file__).parent
"""Folder of the models that come with the package."""


def names() -> list[str]:
    """The models that come with the package, sorted."""
    return sorted(path.parent.name for path in SHELF.glob("*/card.json"))


def cards() -> dict[str, Card]:
    """The cards of the models that come with the package, by name."""
    return {name: card for name in names() if (card := read_card(SHELF / name)) is not None}


def find(name: str | Path) -> "Run":
    """Open a run folder, or the model of a name.

    In this order: a run folder; the name of a model that comes with the package; a Hugging Face
    repository, `owner/name` or `owner/name@revision`, as `repository_of` tells it from a path. The
    figures of the last two go to ./limner-NAME.

    Raises:
        LimnerError: There is no such folder or model, or its configuration cannot be read.
    """
    from limner.run import Run

    repository = repository_of(name)
    if repository is not None:
        return dataclasses.replace(Run.open(fetch(repository)), known_as=str(repository))
    folder, known = folder_of(name), names()
    if known and len(folder.parts) == 1 and not (folder / "config.json").exists():
        raise LimnerError(
            f"{name} is neither a run folder (`{suggested('train --out', name)}` makes one) nor "
            f"a pretrained model{near(str(name), known)}"
        )
    run = Run.open(folder)
    if folder.resolve().parent == SHELF.resolve():  # nothing is written into the package
        run = dataclasses.replace(run, known_as=folder.name)
    return run


def folder_of(name: str | Path) -> Path:
    """The folder of the model of a name, fetched if it is a repository; else `name` as a path."""
    path = pinned(name)
    is_model = str(path) in names() and not (path / "config.json").exists()
    return SHELF / path if is_model else path


def pinned(name: str | Path) -> Path:
    """A name as a record keeps it: a repository as the folder its newest commit was fetched to."""
    repository = repository_of(name)
    return at_home(name) if repository is None else fetch(repository)


def read_card(folder: Path) -> Card | None:
    """The model card in a folder, if it has one.

    Raises:
        LimnerError: The card cannot be read.
    """
    path = folder / "card.json"
    if not path.exists():
        return None
    return Card.from_fields(read_checked(path), origin=str(path))
