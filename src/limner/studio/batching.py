"""The engine room: one thread computes, a bounded number of requests wait for it.

Requests that ask for the same function are answered together: what they bring are rows of arrays,
and while the thread is busy with some, those that came meanwhile are stacked for its next turn. A
single visitor waits for nobody, and many share the fixed cost of a turn.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

MOST_REQUESTS = 64
"""Requests at once, from the reading of their strokes to the writing of their pictures."""

MOST_ROWS = 8
"""Rows that are computed together."""


class Busy(Exception):
    """As many requests as there may be are being answered."""


@dataclass(eq=False)
class _Job:
    function: Callable[..., Any]
    rows: tuple[np.ndarray, ...] | None
    """None: the function is called without arguments, and alone."""
    done: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Engine:
    """A queue and the one thread that empties it; lives in one event loop."""

    def __init__(self):
        self._jobs: deque[_Job] = deque()
        self._arrived = asyncio.Event()
        self._requests = 0
        self._thread = ThreadPoolExecutor(1, "studio")
        self._turns = asyncio.get_running_loop().create_task(self._take_turns())

    @contextmanager
    def admission(self) -> Iterator[None]:
        """Hold one of the places for requests.

        Raises:
            Busy: there is none left.
        """
        if self._requests >= MOST_REQUESTS:
            raise Busy
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    async def alone(self, function: Callable[[], Any]) -> Any:
        """What a function gives, called in its turn."""
        return await self._queue(_Job(function, None))

    async def together(self, function: Callable[..., Any], *rows: np.ndarray) -> Any:
        """What a function of rows gives for these rows, perhaps called with others' rows as well.

        Args:
            function: Takes arrays with an axis of rows, gives a tree of arrays with that axis;
                those of equal functions are computed together.
            rows: The arrays, of at most `MOST_ROWS` rows.
        """
        return await self._queue(_Job(function, rows))

    async def close(self) -> None:
        """Stop after the turn that is being taken; what waits is given up."""
        self._turns.cancel()
        with suppress(asyncio.CancelledError):
            await self._turns
        self._thread.shutdown()

    async def _queue(self, job: _Job) -> Any:
        self._jobs.append(job)
        self._arrived.set()
        return await job.done

    async def _take_turns(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            jobs = self._next_jobs()
            if not jobs:
                self._arrived.clear()
                continue
            try:
                answers = await loop.run_in_executor(self._thread, _compute, jobs)
            except Exception as error:  # is the asker's to handle, and must not stop the engine
                for job in jobs:
                    if not job.done.done():
                        job.done.set_exception(error)
                continue
            for job, answer in zip(jobs, answers, strict=True):
                if not job.done.done():
                    job.done.set_result(answer)

    def _next_jobs(self) -> list[_Job]:
        """The oldest job, and those that can be done with it; none that nobody waits for."""
        waiting = [job for job in self._jobs if not job.done.done()]
        chosen: list[_Job] = []
        count = 0
        for job in waiting:
            if chosen and (job.rows is None or job.function != chosen[0].function):
                continue
            size = MOST_ROWS if job.rows is None else len(job.rows[0])
            if chosen and count + size > MOST_ROWS:
                break
            chosen.append(job)
            count += size
        self._jobs = deque(job for job in waiting if job not in chosen)
        return chosen


def _compute(jobs: list[_Job]) -> list[Any]:
    first = jobs[0]
    if first.rows is None:
        return [first.function()]
    rows = zip(*(job.rows for job in jobs if job.rows is not None), strict=True)
    answer = first.function(*(np.concatenate(parts) for parts in rows))
    ends = np.cumsum([len(job.rows[0]) for job in jobs if job.rows is not None])
    starts = [0, *ends[:-1]]
    return [
        jax.tree.map(lambda leaf, part=slice(start, end): leaf[part], answer)
        for start, end in zip(starts, ends, strict=True)
    ]
