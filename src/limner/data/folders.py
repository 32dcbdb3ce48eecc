"""The images in a folder, at any depth, and what there is passed over."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from limner.errors import LimnerError

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".webp"),
    *(".bmp", ".tif", ".tiff", ".svg"),
)
"""What the names of images end in."""
_CLUTTER = ("__macosx", "thumbs.db", "desktop.ini")
"""What systems leave in folders, besides names that begin with a dot."""


class Listing(NamedTuple):
    """The images in a folder."""

    files: list[Path]
    """In order."""
    note: str
    """What was passed over, as the end of a sentence; nothing if nothing was."""


def list_images(path: Path) -> Listing:
    """List the images of a folder, at any depth, or one image.

    Links to folders are followed, and a folder that is met twice is read once: so links may go in
    a circle, and no image is in two splits.

    Raises:
        LimnerError: There is nothing, or no image in it.
    """
    if path.suffix == ".npz":
        raise LimnerError(
            f"{path} may hold several arrays: save the one of images by itself, as in "
            f"np.save({path.stem + '.npy'!r}, np.load({path.name!r})[NAME])"
        )
    if not path.exists():
        raise LimnerError(f"{path} is not there: give a folder of images, an image or a .npy file")
    if not path.is_dir():
        return Listing([path], "")
    files: list[Path] = []
    passed: Counter[str] = Counter()
    _walk(path, files, passed, set())
    if not files:
        raise LimnerError(f"{path} holds no image: their names end in {', '.join(SUFFIXES)}")
    counts = ", ".join(f"{count} {what}" for what, count in sorted(passed.items()))
    return Listing(sorted(files), f"; passed over: {counts}" if passed else "")


def _walk(folder: Path, files: list[Path], passed: Counter[str], seen: set[Path]) -> None:
    seen.add(folder.resolve())
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_symlink(), entry.name))
    except OSError:
        passed["that cannot be opened"] += 1
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower() in _CLUTTER:
            passed["hidden"] += 1
        elif entry.is_dir():
            if entry.resolve() in seen:
                passed["links to a folder that is read already"] += 1
            else:
                _walk(entry, files, passed, seen)
        elif entry.is_file() and entry.suffix.lower() in SUFFIXES:
            files.append(entry)
        else:
            passed["of other kinds"] += 1
