"""The one error limner raises for what a user can mend, its kinds, and what others' errors say."""


class LimnerError(Exception):
    """An expected failure: one line that says what was wrong and what would do.

    The command line prints it to stderr and exits with 2; library users can catch it.
    """


class FailedElsewhere(LimnerError):
    """Another process of the same training failed, and says so: this one need not repeat it."""


class PeerLost(LimnerError):
    """Another process of the same training is gone: an orderly end would wait for it in vain."""


def reason(error: BaseException) -> str:
    """What another's error says, for a line of ours: its first line, or its type if it has none.

    An error of the system's is without its number and path. At most 200 characters.
    """
    said = (isinstance(error, OSError) and error.strerror) or str(error)
    return (said.strip().splitlines() or [type(error).__name__])[0][:200]
