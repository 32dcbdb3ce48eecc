"""The one error limner raises for what a user can mend, its kinds, and what others' errors say."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class LimnerError(Exception):
    """An expected failure: one line that says what was wrong and what would do.

    The command line prints it to stderr and exits with 2; library users can catch it.
    """


class FailedElsewhere(LimnerError):
    """Another process of the same training failed, and says so: this one need not repeat it."""


class PeerLost(LimnerError):
    """Another process of the same training is gone: an orderly end would wait for it in vain."""


class Mended(UserWarning):
    """Something was found damaged and was made again; one line says what.

    The command line prints it to stderr.
    """


def reason(error: BaseException) -> str:
    """What another's error says, for a line of ours: its first line, or its type if it has none.

    An error of the system's is without its number and path. At most 200 characters.
    """
    said = (isinstance(error, OSError) and error.strerror) or str(error)
    return (said.strip().splitlines() or [type(error).__name__])[0][:200]


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


def first_difference(there: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """In words, the first key whose values differ."""
    for key in [*there, *given]:
        if there.get(key, "nothing") != given.get(key, "nothing"):
            return f"{key} is {there.get(key, 'nothing')} there, here {given.get(key, 'nothing')}"
    return None
