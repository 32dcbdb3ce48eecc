"""Words for what users read."""

import difflib
from collections.abc import Iterable, Sequence


def near(given: str, names: Iterable[str]) -> str:
    """The end of a line about an unknown name: those that are like it, or all."""
    names = list(names)
    like = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    return f": did you mean {' or '.join(like)}?" if like else f": there are {', '.join(names)}"


def listed(names: Iterable[str]) -> str:
    """One thing, two with "and", or more with commas too."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def rounded(value: float | None, places: int) -> str:
    """A number to so many decimal places, or a dash where there is none."""
    return "–" if value is None else f"{value:.{places}f}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are set to the right."""
    rule = [":--", *["--:"] * (len(headings) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, rule, *rows))
