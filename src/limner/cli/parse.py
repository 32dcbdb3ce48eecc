"""Turning the words of a command line into arguments; a function's signature gives the options."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial, wraps
from itertools import dropwhile, takewhile
from typing import Any

import tyro
from rich.text import Text

from limner.cli.terminal import laid_out, own_columns
from limner.errors import LimnerError, near

_IN_ONE_LINE = 10_000
"""Columns in which the parser breaks no word of what it says."""

_IN_PLAIN_WORDS = {
    r"invalid literal for int\(\) with base 10: (.*)": r"\1 is not a whole number",
    r"could not convert string to float: (.*)": r"\1 is not a number",
    r"no type matching \{None\}\|INT could be instantiated from \[(.*)\]\.": (
        r"\1 is neither None nor a whole number"
    ),
    r"no type matching \{None\}\|FLOAT could be instantiated from \[(.*)\]\.": (
        r"\1 is neither None nor a number"
    ),
    r"Missing from limner [\w ]+": "missing",
    r"Error parsing ": "",
}
"""What the parser says, and what it means."""


def bind(
    function: Callable[..., Any], name: str, words: Sequence[str], names: Iterable[str]
) -> Callable[[], Any]:
    """The function of a command with its arguments, ready to be called.

    Args:
        function: The function that runs the command.
        name: Name of the command.
        words: The words after the name on the command line.
        names: The names of all commands.

    Raises:
        LimnerError: A word or an option is unknown, a value has the wrong type or is missing.
        SystemExit: The words ask for --help.
    """

    @wraps(function)
    def bound(*args: Any, **options: Any) -> Callable[[], Any]:
        return partial(function, *args, **options)

    parse = partial(tyro.cli, bound, prog=f"limner {name}", return_unknown_args=True)
    columns = own_columns() if {"-h", "--help"} & {*words} else _IN_ONE_LINE
    refusal = io.StringIO()
    try:
        with laid_out(columns), redirect_stderr(refusal):
            call, unknown = parse(args=words)
    except SystemExit as done:
        if not done.code:
            raise
        said = _in_one_line(refusal.getvalue())
        for theirs, plain in _IN_PLAIN_WORDS.items():
            said = re.sub(theirs, plain, said)
        raise LimnerError(f"limner {name}: {said}") from None
    if not unknown:
        return call
    if unknown[0].startswith("-"):
        option, known = unknown[0].split("=")[0], _options(parse)
        there = near(option, known, f"those that `limner {name} --help` lists")
        raise LimnerError(f"limner {name} has no option {option}{there}")
    longer = [other for other in names if other.startswith(f"{name} ")]
    there = near(f"{name} {unknown[0]}", longer) if longer else ""
    raise LimnerError(f"limner {name} takes no argument {unknown[0]!r}{there}")


def _in_one_line(box: str) -> str:
    """The text in the parser's box, up to its first horizontal line.

    Where the encoding has no better, the lines are of hyphens, also the one below the title.
    """
    rows = (row[1:-1].strip() for row in Text.from_ansi(box).plain.splitlines()[1:])
    said = dropwhile(lambda row: not row.strip("─-"), rows)
    return " ".join(takewhile(lambda row: row.strip("─-"), said))


def _options(parse: Callable[..., Any]) -> list[str]:
    """The options that the help of a command lists."""
    shown = io.StringIO()
    try:
        with laid_out(_IN_ONE_LINE), redirect_stdout(shown):
            parse(args=["--help"])
    except SystemExit:
        pass
    return sorted(set(re.findall(r"--[a-z][\w.-]*", shown.getvalue())))
