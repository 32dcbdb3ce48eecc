"""The one error limner raises for what a user can mend, and its kinds among several processes."""


class LimnerError(Exception):
    """An expected failure: one line that says what was wrong and what would do.

    The command line prints it to stderr and exits with 2; library users can catch it.
    """


class FailedElsewhere(LimnerError):
    """Another process of the same training failed, and says so: this one need not repeat it."""


class PeerLost(LimnerError):
    """Another process of the same training is gone: an orderly end would wait for it in vain."""
