"""Writing to a terminal: how wide, characters that its encoding lacks, and images as characters.

Axis letters: b image, h w image.
"""

import codecs
import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float

NARROWEST = 40
"""Columns that are used at least; in fewer, words break in the middle or are not shown."""

_SPELLED = {
    **dict.fromkeys("╭╮╰╯", "+"),
    **dict.fromkeys("─━╸╺–", "-"),
    **{"│": "|", "•": "*", "·": "-", "±": "+-", "×": "x", "…": "..."},
}

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a Braille character, rows of two (Unicode, block 2800)."""

_INK = 0.4
"""Pixels of at least this intensity become dots; at one half, faint lines would break off."""


def open_closed_streams() -> None:
    """Give each of stdin, stdout and stderr that is closed (as by `>&-`) to the null device.

    So nothing else gets its number, and what is written to it vanishes.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def discard_broken_output() -> bool:
    """Whether stdout cannot be written; what is left for it is discarded then."""
    try:
        print(flush=True)  # an empty line: a stream without a buffer has nothing left to flush
    except OSError:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
        return True
    return False


def write_any_encoding() -> None:
    """Replace each character that the encoding of stdout or stderr lacks by a similar one.

    In ASCII a plus-minus sign becomes +-; a character with no similar one becomes a question mark.
    """
    codecs.register_error("limner-spelled", _spell)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="limner-spelled")


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_SPELLED.get(character, "?") for character in lacking), error.end


def console() -> Console:
    """Prints to stdout, and takes the names in what it prints as they are: `[b]` is no markup."""
    made = Console(markup=False, emoji=False, highlight=False)
    made.width = max(NARROWEST, made.width)
    return made


def own_columns() -> int:
    """The columns of the terminal, and no fewer than are needed."""
    return max(NARROWEST, shutil.get_terminal_size().columns)


@contextmanager
def laid_out(columns: int) -> Iterator[None]:
    """Lay out what libraries print meanwhile in so many columns."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(columns)
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def in_braille(images: "Float[np.ndarray, 'b h w']", *, columns: int = 80) -> str:
    """Images side by side in Braille characters, each of two by four pixels.

    Args:
        images: Pixels from 0 to 1.
        columns: Characters in a line; images that do not fit are left out.
    """
    import numpy as np

    _, height, width = images.shape
    ink = np.pad(images >= _INK, ((0, 0), (0, -height % 4), (0, -width % 2)))
    cells = ink.reshape(len(ink), -1, 4, ink.shape[2] // 2, 2)
    codes = 0x2800 + np.einsum("bridj,ij->brd", cells, np.array(_DOTS))
    fit = max(1, (columns + 1) // (cells.shape[3] + 1))
    rows = zip(*codes[:fit].tolist(), strict=True)
    return "\n".join(" ".join("".join(map(chr, part)) for part in row) for row in rows)


def show(images: "Float[np.ndarray, 'b 1 h w']") -> None:
    """Print as many images as a line of the terminal holds, if it can write them."""
    drawn = in_braille(images[:, 0], columns=shutil.get_terminal_size().columns)
    try:
        drawn.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return
    print(drawn)
