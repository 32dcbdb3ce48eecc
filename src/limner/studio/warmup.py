"""Getting a model ready: its functions compiled, its test drawings measured, while visitors wait
for no more than one of these.

Axis letters: n drawing.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import numpy as np
from jaxtyping import Integer

from limner.data.dataset import open_dataset
from limner.data.splits import Split
from limner.errors import LimnerError
from limner.studio.batching import MOST_ROWS, Engine
from limner.studio.models import StudioModel

TEST_DRAWINGS = 256
"""Behind the percentiles."""

_LOG = logging.getLogger("uvicorn.error")


class Preparation:
    """Makes each model ready once, in the background."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, model: StudioModel) -> None:
        """See that this model gets ready, if it has not been seen to before."""
        if model.name not in self._tasks:
            self._tasks[model.name] = asyncio.create_task(self._prepare(model))

    async def close(self) -> None:
        """Leave what is not ready."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _prepare(self, model: StudioModel) -> None:
        try:
            for work in rehearsals(model):
                await self._engine.alone(work)
            with suppress(LimnerError):  # no data here: then there are no percentiles
                await self._measure(model)
        except Exception:
            _LOG.exception("%s could not be made ready", model.name)

    async def _measure(self, model: StudioModel) -> None:
        """Find the bounds of some test drawings."""
        split, chosen = await asyncio.to_thread(_test_drawings, model)
        bounds = []
        for some in np.array_split(chosen, -(-len(chosen) // MOST_ROWS)):
            images = model.targets(await asyncio.to_thread(split.levels, some))
            drawn = await self._engine.together(model.reconstruct, images, some.astype(np.uint32))
            bounds.append(drawn.losses.bound)
        model.test_bounds = np.sort(np.concatenate(bounds))


def _test_drawings(model: StudioModel) -> tuple[Split, Integer[np.ndarray, "n"]]:
    """The test split of a model's data, and the places of some drawings to be measured.

    Raises:
        LimnerError: There are none here.
    """
    dataset = open_dataset(model.config.data, shape=model.network.shape, fetch=False)
    split = dataset.split("test")
    places = np.arange(len(split))
    if model.category is not None:
        places = places[split.categories(places) == dataset.categories.index(model.category)]
        if not len(places):
            raise LimnerError(f"{dataset.name} has no {model.category} for test")
    return split, places[np.unique(np.linspace(0, len(places) - 1, TEST_DRAWINGS).astype(int))]


def rehearsals(model: StudioModel) -> Iterator[Callable[[], object]]:
    """What compiles the functions of a model, those that are asked for first at the front."""
    blank = np.zeros(model.network.shape, np.float32)

    def look(count: int) -> None:
        model.reconstruct(np.stack([blank] * count), np.zeros(count, np.uint32))

    if model.draws:
        yield partial(look, 1)
    yield partial(model.sample, 1, model.num_steps, 0, 1.0)
    if model.draws:
        yield partial(model.complete, blank, 1, 0, 1.0)
        yield partial(model.interpolate, blank, blank, 2)
        yield partial(look, MOST_ROWS)
    yield partial(model.sample, 1, model.most_steps, 0, 1.0)
