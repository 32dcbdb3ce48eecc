"""The application, and the process that serves it."""

import asyncio
import hashlib
import mimetypes
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.studio.api import Studio, routes
from limner.studio.engine import MOST_ROWS, Busy, Engine
from limner.studio.guard import Guard
from limner.studio.models import StudioModel

TEST_DRAWINGS = 256
"""Behind the percentiles."""

_MOST_CONNECTIONS = 512
_DESCRIPTION = (
    "Drawings by DRAW, the Deep Recurrent Attentive Writer, step by step. Arrays of pixels are bytes"
    " in base64: in Python, `np.frombuffer(b64decode(pixels['data']),"
    " np.uint8).reshape(pixels['shape'])`."
)


def create_app(models: Mapping[str, StudioModel], host: str = "127.0.0.1") -> FastAPI:
    """The studio of some models.

    Args:
        models: By name; the first is the default.
        host: The address that it is served on, which says what names requests may give it.
    """
    studio = Studio(models)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        studio.engine = Engine()
        preparing = asyncio.create_task(_prepare(studio))
        yield
        preparing.cancel()
        with suppress(asyncio.CancelledError):
            await preparing
        await studio.engine.close()

    app = FastAPI(
        title="limner studio",
        version=version("limner"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(routes(studio))
    app.add_exception_handler(Busy, _say_busy)
    app.add_exception_handler(LimnerError, _say_unfit)
    app.add_exception_handler(RequestValidationError, _say_unfit)
    for path, page in _pages().items():
        app.get(path, include_in_schema=False)(page)
    app.add_middleware(Guard, host=host)
    return app


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any that is free.

    Raises:
        LimnerError: The address is not of this machine, or is in use.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise LimnerError(
            f"cannot listen on {host}, port {port} ({error.strerror}): choose another --port"
        ) from None


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Answer requests until the process is told to stop."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])


async def _prepare(studio: Studio) -> None:
    """Compile what will be asked for, then measure test drawings; visitors go between."""
    for model in studio.models.values():
        for work in _rehearsals(model):
            await studio.engine.alone(work)
    for model in studio.models.values():
        with suppress(LimnerError):  # no data here: then there are no percentiles
            await _measure(studio.engine, model)


def _rehearsals(model: StudioModel):
    blank = np.zeros(model.network.shape, np.float32)

    def look(count: int) -> None:
        model.reconstruct(np.stack([blank] * count), np.zeros(count, np.uint32))

    yield partial(look, 1)
    yield partial(model.sample, 1, model.num_steps, 0, 1.0)
    yield partial(model.complete, blank, 1, 0, 1.0)
    yield partial(model.interpolate, blank, blank, 2)
    yield partial(look, MOST_ROWS)
    yield partial(model.sample, 1, model.most_steps, 0, 1.0)


async def _measure(engine: Engine, model: StudioModel) -> None:
    """Find the bounds of some test drawings."""
    dataset = open_dataset(model.config.data, shape=model.network.shape, fetch=False)
    split = dataset.split("test")
    chosen = np.unique(np.linspace(0, len(split) - 1, TEST_DRAWINGS).astype(int))
    bounds = []
    for some in np.array_split(chosen, -(-len(chosen) // MOST_ROWS)):
        images = model.targets(split.levels(some))
        drawn = await engine.together(model.reconstruct, images, some.astype(np.uint32))
        bounds.append(drawn.distortion + drawn.rate_per_step.sum(-1))
    model.test_bounds = np.sort(np.concatenate(bounds))


async def _say_busy(request: Request, error: Exception) -> Response:
    why = "the studio is busy: try again in a moment"
    return JSONResponse({"detail": why}, 503, headers={"Retry-After": "1"})


async def _say_unfit(request: Request, error: Exception) -> Response:
    """One line for what does not fit; what was sent is not sent back."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    else:
        why = str(error)
    return JSONResponse({"detail": why}, 422)


def _pages():
    """The page's files by path, each held in memory: no request reaches the file system."""
    static = {path.name: path for path in files("limner.studio").joinpath("static").iterdir()}
    pages = {f"/{name}": _page(path) for name, path in static.items()}
    pages["/"] = pages.pop("/index.html")
    pages["/docs"] = pages.pop("/docs.html")
    swagger = files("fastapi_offline").joinpath("static")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        pages[f"/{name}"] = _page(swagger.joinpath(name))
    return pages


def _page(path: Traversable):
    content = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}

    async def page(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media, headers=headers)

    return page
