"""The one error limner raises for what a user can mend."""


class LimnerError(Exception):
    """An expected failure: one line that says what was wrong and what would do.

    The command line prints it to stderr and exits with 2; library users can catch it.
    """
