"""Words for what users read."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from limner.errors import LimnerError


def near(given: str, names: Iterable[str], others: str | None = None) -> str:
    """The end of a line about an unknown name: those that are like it, or all.

    Args:
        given: The name.
        names: The known ones.
        others: Where all of them are told, if they are too many for a line.
    """
    names = list(names)
    like = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    if like:
        return f": did you mean {' or '.join(like)}?"
    return f": there are {others or ', '.join(names)}"


def check_names(
    given: Iterable[str], known: Sequence[str], what: str, others: str | None = None
) -> None:
    """Refuse a category that is not known, naming those that are like it; else as `near`.

    Raises:
        LimnerError: For the first unknown one.
    """
    for name in given:
        if name not in known:
            raise LimnerError(f"{name!r} is no category of {what}{near(name, known, others)}")


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


def first_difference(there: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """In words, the first key whose values differ."""
    for key in [*there, *given]:
        if there.get(key, "nothing") != given.get(key, "nothing"):
            return f"{key} is {there.get(key, 'nothing')} there, here {given.get(key, 'nothing')}"
    return None
