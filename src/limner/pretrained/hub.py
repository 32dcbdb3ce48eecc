"""Pretrained models by name: listing them and opening them."""

import dataclasses
from pathlib import Path

from limner.errors import LimnerError, near
from limner.pretrained.card import Card
from limner.run import Run
from limner.system.checksums import without_checksum
from limner.system.files import reading
from limner.text import suggested

SHELF = Path(__file__).parent
"""Folder of the models that come with the package."""


def names() -> list[str]:
    """The models that come with the package, sorted."""
    return sorted(path.parent.name for path in SHELF.glob("*/card.json"))


def cards() -> dict[str, Card]:
    """The cards of the models that come with the package, by name."""
    return {name: card for name in names() if (card := read_card(SHELF / name)) is not None}


def find(name: Path) -> Run:
    """Open a run folder, or the pretrained model of that name; its figures go to ./limner-NAME.

    Raises:
        LimnerError: There is no such folder or model, or its configuration cannot be read.
    """
    folder, known = folder_of(name), names()
    if known and len(folder.parts) == 1 and not (folder / "config.json").exists():
        raise LimnerError(
            f"{name} is neither a run folder (`{suggested('train --out', name)}` makes one) nor "
            f"a pretrained model{near(str(name), known)}"
        )
    run = Run.open(folder)
    if folder.resolve().parent == SHELF.resolve():  # nothing is written into the package
        run = dataclasses.replace(run, other_figures=Path(f"limner-{folder.name}"))
    return run


def folder_of(name: Path) -> Path:
    """The folder of a pretrained model of this name; `name` itself if it is another path."""
    is_model = str(name) in names() and not (name / "config.json").exists()
    return SHELF / name if is_model else name


def read_card(folder: Path) -> Card | None:
    """The model card in a folder, if it has one.

    Raises:
        LimnerError: The card cannot be read.
    """
    path = folder / "card.json"
    if not path.exists():
        return None
    with reading(path, UnicodeDecodeError):
        text = path.read_text("utf-8-sig")
    return Card.from_json(without_checksum(text, origin=str(path)), origin=str(path))
