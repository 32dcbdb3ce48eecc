"""Ctrl-C, SIGTERM or the end of the terminal as a request to stop at the next good moment."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_HANG_UP = getattr(signal, "SIGHUP", None)
"""What comes when the terminal is closed, or ssh loses its connection; Windows has none."""

_open: list[threading.Event] = []
"""The event of the open interruption, if there is one."""


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """A function that tells whether Ctrl-C, SIGTERM or SIGHUP has come.

    A second Ctrl-C or SIGTERM stops at once. A second SIGHUP changes nothing, since a closed
    terminal sends several; and where it is ignored, as under nohup, it stays so. An interruption
    inside another one tells the same.
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
        if signum != _HANG_UP:
            restore()

    def restore():
        for signum, handler in before.items():
            signal.signal(signum, handler or signal.SIG_DFL)

    heard = [signal.SIGINT, signal.SIGTERM]
    if _HANG_UP is not None and signal.getsignal(_HANG_UP) is not signal.SIG_IGN:
        heard.append(_HANG_UP)
    before = {signum: signal.signal(signum, handle) for signum in heard}
    _open.append(pressed)
    try:
        yield pressed.is_set
    finally:
        _open.clear()
        restore()
