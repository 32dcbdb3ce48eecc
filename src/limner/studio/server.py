"""The application, and the process that serves it."""

import hashlib
import mimetypes
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from limner.errors import LimnerError
from limner.studio.api import Studio, router
from limner.studio.batching import Busy, Engine
from limner.studio.middleware import Guard
from limner.studio.models import StudioModel
from limner.studio.warmup import Preparation, rehearsals

_Page = Callable[[Request], Awaitable[Response]]

_MOST_CONNECTIONS = 512
_DESCRIPTION = (
    "Drawings by DRAW, the Deep Recurrent Attentive Writer, step by step. Arrays of pixels are"
    " bytes in base64: in Python, `np.frombuffer(b64decode(pixels['data']),"
    " np.uint8).reshape(pixels['shape'])`."
)


def create_app(models: Mapping[str, StudioModel], host: str = "127.0.0.1") -> FastAPI:
    """The studio of some models.

    Args:
        models: By name; the first is the default.
        host: The address that it is served on, which says what names requests may give it.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        first = next(iter(models.values()))
        engine = Engine()
        preparation = Preparation(engine)
        app.state.studio = Studio(models, engine, preparation)
        # The very first thing asked of the page is not to wait; the rest is compiled meanwhile.
        await engine.alone(next(rehearsals(first)))
        preparation.begin(first)
        yield
        await preparation.close()
        await engine.close()

    app = FastAPI(
        title="limner studio",
        version=version("limner"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(router)
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
        LimnerError: There is no such port, or the address is not of this machine or in use.
    """
    if not 0 <= port <= 65_535:
        raise LimnerError(f"--port is {port}: it must be from 0 to 65535")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LimnerError(
            f"cannot listen on {host}, port {port} ({why}): choose another --host or --port"
        ) from None


def make_server(app: FastAPI) -> uvicorn.Server:
    """What serves the application; its `run` answers until it is told to stop."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


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


def _pages() -> dict[str, _Page]:
    """The page's files by path, each held in memory: no request reaches the file system."""
    here = files("limner.studio").joinpath("static").iterdir()
    static = {path.name: path for path in here if path.is_file()}
    pages = {f"/{name}": _page(path) for name, path in static.items()}
    pages["/"] = pages.pop("/index.html")
    pages["/docs"] = pages.pop("/docs.html")
    swagger = files("fastapi_offline").joinpath("static")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        pages[f"/{name}"] = _page(swagger.joinpath(name))
    return pages


def _page(path: Traversable) -> _Page:
    content = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}

    async def page(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media, headers=headers)

    return page
