"""Words for what users read."""

import shlex
from collections.abc import Iterable, Sequence


def listed(names: Iterable[str]) -> str:
    """One thing, two with "and", or more with commas too."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def suggested(command: str, *words: object) -> str:
    """A command of limner's that may be pasted into a shell: each word quoted that needs it."""
    return f"limner {command} {shlex.join(map(str, words))}"


def rounded(value: float | None, places: int) -> str:
    """A number to so many decimal places, or a dash where there is none."""
    return "–" if value is None else f"{value:.{places}f}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are set to the right."""
    rule = [":--", *["--:"] * (len(headings) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, rule, *rows))
