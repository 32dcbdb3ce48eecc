"""Turning the words of a command line into arguments; a function's signature gives the options."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial, wraps
from itertools import takewhile
from typing import Any

import tyro
from rich.text import Text

from limner.errors import LimnerError, near


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
    refusal = io.StringIO()
    try:
        with redirect_stderr(refusal):
            call, unknown = parse(args=words)
    except SystemExit as done:
        if not done.code:
            raise
        said = _in_one_line(refusal.getvalue())
        said = said.removeprefix("Error parsing ").replace(f"Missing from limner {name}", "missing")
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
    """The text in the parser's box, above its first horizontal line."""
    rows = (row.strip(" │╭╮╰╯─") for row in Text.from_ansi(box).plain.splitlines()[1:])
    return " ".join(takewhile(bool, rows))


def _options(parse: Callable[..., Any]) -> list[str]:
    """The options that the help of a command lists."""
    shown = io.StringIO()
    try:
        with redirect_stdout(shown):
            parse(args=["--help"])
    except SystemExit:
        pass
    return sorted(set(re.findall(r"--[a-z][\w.-]*", shown.getvalue())))
