"""Words for what users read."""

import html
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


def html_table(rows: Iterable[Sequence[str]], headings: Sequence[str] = ()) -> str:
    """An HTML table of plain text; the first cell of each row is its heading."""
    lines = ["".join(f"<th>{html.escape(cell)}</th>" for cell in headings)] if headings else []
    for first, *others in rows:
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in others)
        lines.append(f"<th>{html.escape(first)}</th>{cells}")
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
