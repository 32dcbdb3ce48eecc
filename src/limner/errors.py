"""LimnerError, the one error for what a user can fix; its kinds; and helpers for error lines."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any


class LimnerError(Exception):
    """An expected failure: one line that says what was wrong and what would fix it.

    The command line prints it to stderr and exits with 2; library users can catch it.
    """


class FailedElsewhere(LimnerError):
    """Another process of the same training failed and said so; this one need not repeat it."""


class PeerLost(LimnerError):
    """Another process of the same training is gone; an orderly exit would wait for it forever."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or SIGHUP came; one line says what was done and what is kept of it."""


class Notice(UserWarning):
    """Something to know that is no error, in one line; the command line prints it to stderr."""


class Mended(Notice):
    """Something was found damaged and was made again; the line says what."""


class Guessed(Notice):
    """Something was not known; the line says what, and what it was taken for."""


def reason(error: BaseException) -> str:
    """The message of an error raised elsewhere, for a line of limner's own.

    It is the first line of the message, or the name of the type if there is no message; at most 200
    characters. An error of the operating system comes without its number and path, and no object
    comes with its address in memory.
    """
    said = (isinstance(error, OSError) and error.strerror) or str(error)
    said = re.sub(r"\s*<[^<>]* at 0x[0-9a-fA-F]+>|^\[Errno -?\d+\] ", "", said)
    return (said.strip().splitlines() or [type(error).__name__])[0][:200]


def check_value(ok: bool, what: str, given: Any, allowed: str) -> None:
    """Check a value.

    Raises:
        LimnerError: `ok` is false; the line says what came and what is allowed.
    """
    if not ok:
        raise LimnerError(f"{what} is {given!r}: it must be {allowed}")


def check_choice(what: str, given: Any, words: Sequence[str]) -> None:
    """Check that a value is one of a few words; raises as `check_value` does."""
    check_value(given in words, what, given, f"one of {', '.join(words)}")


def require_seed(seed: int, what: str) -> None:
    """Check that a number can seed every random generator.

    Raises:
        LimnerError: It is not whole, negative, or has more than 32 bits.
    """
    is_seed = isinstance(seed, Integral) and 0 <= seed < 2**32
    check_value(is_seed, what, seed, "a whole number from 0 to 4294967295")


def check_count(count: Any, what: str, least: int = 1) -> None:
    """Check a number of things.

    Raises:
        LimnerError: It is not a whole number, or too small.
    """
    is_count = isinstance(count, Integral) and int(count) >= least
    check_value(is_count, what, count, f"a whole number of at least {least}")


def near(given: str, names: Iterable[str], others: str | None = None) -> str:
    """The end of an error line about an unknown name: similar names, or all names.

    Args:
        given: The unknown name.
        names: The known names.
        others: Words to use instead of all names, if these are too many for a line.
    """
    names = list(names)
    like = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    if like:
        return f": did you mean {' or '.join(like)}?"
    return f": there are {others or ', '.join(names)}"


def check_names(
    given: Iterable[str], known: Sequence[str], what: str, others: str | None = None
) -> None:
    """Check that categories are known; the error names similar ones, as `near` does.

    Args:
        given: Names of categories.
        known: The known names.
        what: The data set or the model that has the categories, for the error line.
        others: Words to use instead of all names, if these are too many for a line.

    Raises:
        LimnerError: A category is unknown; the line names the first one.
    """
    for name in given:
        if name not in known:
            raise LimnerError(f"{name!r} is not a category of {what}{near(name, known, others)}")


def first_difference(there: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """The first key whose values differ, in words; None if there is none."""
    for key in [*there, *given]:
        before, now = (values.get(key, "nothing") for values in (there, given))
        if before != now:
            return f"{key} is {before} there, and {now} here"
    return None
