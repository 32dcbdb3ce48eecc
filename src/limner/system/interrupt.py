"""Ctrl-C or SIGTERM as a request to stop at the next good moment."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_open: list[threading.Event] = []
"""The event of the open interruption, if there is one."""


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """A function that tells whether Ctrl-C or SIGTERM has come; a second one stops at once.

    An interruption inside another one tells the same.
    """
    if _open:
        yield _open[0].is_set
        return
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def handle(signum, frame):
        pressed.set()
        restore()

    def restore():
        for signum, handler in before.items():
            signal.signal(signum, handler or signal.SIG_DFL)

    before = {signum: signal.signal(signum, handle) for signum in (signal.SIGINT, signal.SIGTERM)}
    _open.append(pressed)
    try:
        yield pressed.is_set
    finally:
        _open.clear()
        restore()
