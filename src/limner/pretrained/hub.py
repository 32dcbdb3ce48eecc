"""Models by name: which there are, and how one is opened."""

import dataclasses
from pathlib import Path

from limner.errors import LimnerError, near
from limner.pretrained.card import Card
from limner.run import Run
from limner.system.checksums import without_checksum
from limner.system.files import reading
from limner.text import suggested

SHELF = Path(__file__).parent
"""Where the models that come with the package lie."""


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
    if not path.exists():
        return None
    with reading(path, UnicodeDecodeError):
        text = path.read_text("utf-8-sig")
    return Card.from_json(without_checksum(text, origin=str(path)), origin=str(path))
