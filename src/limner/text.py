"""Lists, numbers and tables as text."""

import html
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def listed(names: Iterable[str], word: str = "and") -> str:
    """Names as a list in words: "a", "a and b", "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def shown(name: object) -> str:
    """A name or a path as Unicode text: each byte that its system could not decode becomes �."""
    return re.sub("[\ud800-\udfff]", "\ufffd", str(name))


def in_a_line(name: object) -> str:
    """A name as Unicode text in one line, for a table or beneath a drawing."""
    return " ".join(shown(name).split())


def quoted(*words: object) -> str:
    """Words of a command line, ready to paste into this system's shell."""
    if os.name == "nt":
        from subprocess import list2cmdline as join
    else:
        from shlex import join
    return join([str(word) for word in words])


def suggested(command: str, *words: object) -> str:
    """A command of limner, ready to paste into a shell: words are quoted where they need it."""
    return f"limner {command} {quoted(*words)}"


def options(settings: Mapping[str, Any]) -> list[str]:
    """The words of the command line that set settings, by their dotted names.

    Example:
        >>> options({"model.num_steps": 40, "model.learned_prior": True})
        ['--model.num-steps', '40', '--model.learned-prior']
    """
    words = []
    for name, value in settings.items():
        part, key = name.replace("_", "-").split(".")
        if isinstance(value, bool):
            words += [f"--{part}.{key}" if value else f"--{part}.no-{key}"]
        else:
            words += [f"--{part}.{key}", *map(str, value if isinstance(value, tuple) else (value,))]
    return words


def rounded(value: float | None, places: int) -> str:
    """A number with `places` decimals, or a dash for None."""
    return "–" if value is None else f"{value:.{places}f}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    rule = [":--", *["--:"] * (len(headings) - 1)]
    lines = ([in_a_line(cell).replace("|", r"\|") for cell in cells] for cells in (rule, *rows))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, *lines))


def html_table(rows: Iterable[Sequence[str]], headings: Sequence[str] = ()) -> str:
    """An HTML table of plain text; the first cell of each row is its heading."""
    lines = ["".join(f"<th>{html.escape(cell)}</th>" for cell in headings)] if headings else []
    for first, *others in rows:
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in others)
        lines.append(f"<th>{html.escape(first)}</th>{cells}")
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
