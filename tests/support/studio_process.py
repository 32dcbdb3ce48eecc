"""A server of the studio, in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limner.studio.models import find_models
from limner.studio.server import SiteServer, bind
from limner.studio.site import build_site


@contextmanager
def running_studio(*folders: Path) -> Iterator[str]:
    """The address of a studio of these runs, while it runs."""
    site = build_site(find_models(folders))
    with bind("127.0.0.1", 0) as listener:
        server = SiteServer(site, listener, "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()
