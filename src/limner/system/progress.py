"""How far long work has come, on stderr or in a notebook."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Protocol, runtime_checkable

LOG_EVERY_SECONDS = (5, 30)
"""Where stderr is no terminal, a bar is a line of the log now and then: after a tenth of the time
so far, but no sooner than after the first of these and no later than after the second."""


@runtime_checkable
class Advance(Protocol):
    """Tells a progress bar how it goes."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """What is done, what there is to do if that is known, and a few words."""


@contextmanager
def progress_bar(what: str, *, in_bytes: bool = False, shown: bool = True) -> Iterator[Advance]:
    """A progress bar with the time left, there from the first word to it to the end.

    Args:
        what: What is done.
        in_bytes: Whether it is counted in bytes.
        shown: False shows nothing.
    """
    if not shown:
        yield lambda done, total, note="": None
    elif "IPython" in sys.modules and _in_notebook():
        yield _notebook_bar(what)
    else:
        with _terminal_bar(what, in_bytes) as advance:
            yield advance


def _in_notebook() -> bool:
    from IPython import get_ipython  # pyright: ignore[reportMissingImports]

    return type(get_ipython()).__name__ not in ("NoneType", "TerminalInteractiveShell")


def _notebook_bar(what: str) -> Advance:
    """A bar in the output of a notebook's cell."""
    from IPython.display import HTML, display  # pyright: ignore[reportMissingImports]

    handle = display(HTML(escape(what)), display_id=True)
    started, drawn = time.monotonic(), 0.0

    def advance(done: int, total: int | None, note: str = "") -> None:
        nonlocal drawn
        now = time.monotonic()
        if now < drawn + 0.2 and done != total:
            return
        drawn = now
        extent = "" if total is None else f' value="{done}" max="{total}"'
        parts = [what, f"<progress{extent}></progress>"]
        if total is not None:
            left = (now - started) / done * (total - done) if done else None
            parts.append(f"{done:,} of {total:,}")
            parts.append("" if left is None else f"{left:.0f} s left")
        handle.update(HTML(" ".join([*parts, escape(note)])))

    return advance


@contextmanager
def _terminal_bar(what: str, in_bytes: bool) -> Iterator[Advance]:
    """A bar on stderr; where that is no terminal, lines of a log."""
    from rich import progress
    from rich.console import Console

    count = progress.DownloadColumn() if in_bytes else progress.MofNCompleteColumn()
    note = (
        progress.TransferSpeedColumn() if in_bytes else progress.TextColumn("{task.fields[note]}")
    )
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=12),
        count,
        note,
        progress.TimeRemainingColumn(compact=True),
    )
    console = Console(stderr=True)
    bar = progress.Progress(*columns, console=console)
    task = bar.add_task(what, total=None, note="")
    started, said = time.monotonic(), 0.0

    def advance(done: int, total: int | None, note: str = "") -> None:
        nonlocal said
        bar.update(task, completed=done, total=total, note=note)
        if console.is_terminal:
            bar.start()
            return
        now, (soonest, latest) = time.monotonic(), LOG_EVERY_SECONDS
        if done == total or now > said + min(latest, max(soonest, (now - started) / 10)):
            console.print(bar.get_renderable())
            said = now

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()
