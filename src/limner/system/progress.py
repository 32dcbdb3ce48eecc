"""Progress bars for long work, on stderr or in a notebook."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from typing import Protocol, runtime_checkable

LOG_EVERY_SECONDS = (5, 30)
"""If stderr is not a terminal, the bar is printed as a line now and then: after a tenth of the time
so far, but no sooner than the first of these numbers and no later than the second."""


@runtime_checkable
class Advance(Protocol):
    """Tells a progress bar how far the work has come."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """Show the work done, the total if it is known, and a short note."""


@contextmanager
def progress_bar(what: str, *, in_bytes: bool = False, shown: bool = True) -> Iterator[Advance]:
    """A progress bar with the time left; it appears at the first report of progress.

    Args:
        what: Name of the work.
        in_bytes: Whether the work is counted in bytes.
        shown: Whether to show the bar.
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
    from IPython.display import HTML, DisplayHandle  # pyright: ignore[reportMissingImports]

    handle = DisplayHandle()
    handle.display(HTML(escape(what)))
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
            parts.append(f"{done:,} of {total:,}")
            if done == total:
                parts.append(f"in {now - started:.0f} s")
            elif done:
                parts.append(f"{(now - started) / done * (total - done):.0f} s left")
        handle.update(HTML(" ".join([*parts, escape(note)])))

    return advance


@contextmanager
def _terminal_bar(what: str, in_bytes: bool) -> Iterator[Advance]:
    """A bar on stderr, or printed lines if stderr is not a terminal.

    The work goes on where stderr cannot be written: the terminal was closed, the disk is full.
    """
    from rich import progress
    from rich.console import Console

    count = progress.DownloadColumn() if in_bytes else progress.MofNCompleteColumn()
    note = (
        progress.TransferSpeedColumn()
        if in_bytes
        else progress.TextColumn("{task.fields[note]}", markup=False)
    )
    columns = (
        progress.TextColumn("{task.description}", markup=False),
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
        with suppress(OSError):
            show(done, total, note)

    def show(done: int, total: int | None, note: str) -> None:
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
            with suppress(OSError):
                bar.stop()
