"""What the commands show on stderr while they work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

LOG_EVERY_SECONDS = (5, 30)
"""Where stderr is no terminal, a bar is a line of the log now and then: after a tenth of the time
so far, but no sooner than after the first of these and no later than after the second."""


class Advance(Protocol):
    """Tells a progress bar how it goes."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """What is done, what there is to do if that is known, and a few words."""


@contextmanager
def progress_bar(what: str, *, in_bytes: bool = False) -> Iterator[Advance]:
    """A progress bar on stderr with the time left, there from the first word to it to the end."""
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
