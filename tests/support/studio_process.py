"""A server of the studio, in this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from limner.studio.models import find_models, load_models
from limner.studio.server import bind, create_app, make_server


@contextmanager
def running_studio(*folders: Path) -> Iterator[str]:
    """The address of a studio of these runs, while it runs."""
    app = create_app(load_models(find_models(folders)))
    with bind("127.0.0.1", 0) as listener:
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            while thread.is_alive() and not _is_ready(address):
                time.sleep(0.1)
            yield address
        finally:
            server.should_exit = True
            thread.join()


def _is_ready(address: str) -> bool:
    """Whether the first model's test drawings are measured, which comes last."""
    try:
        models = httpx2.get(f"{address}/api/v1/models", timeout=60).json()["models"]
    except httpx2.TransportError:
        return False
    return models[0]["test_drawings"] > 0
