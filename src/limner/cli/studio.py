"""`limner studio`: parse, call, print."""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from limner.cli.common import prepare
from limner.errors import LimnerError

DEFAULT_PORT = 8017

RunFolders = Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="[RUN ...]")]


def studio(
    runs: RunFolders = (),
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    browser: bool = True,
    check: bool = False,
) -> None:
    """Open a page to draw on, and watch the model look and draw.

    Args:
        runs: Run folders, folders that hold runs, names of pretrained models, or Hugging Face
            repositories (OWNER/NAME). By default the finished runs under ./runs, or else the
            pretrained models.
        host: Address to serve on; any other than 127.0.0.1 may let other people in.
        port: Port to serve on; 0 takes any free port.
        browser: Open the page in the browser.
        check: Do not start; only say whether the studio would start.
    """
    try:
        from limner.studio import middleware, server
    except ModuleNotFoundError as error:
        raise LimnerError(
            f"the studio needs packages that are not here ({error.name}): "
            "install limner with its extra, as in pip install '.[studio]' in a clone"
        ) from None
    from limner.studio.models import find_models, load_models

    prepare(every_core=False)
    models = load_models(find_models(runs))
    app = server.create_app(models, host)
    with server.bind(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}/"
        if check:
            print(f"the studio would start on {address} with {', '.join(models)}")
            return
        if not middleware.is_loopback(host):
            print(
                f"limner: serving on {host}: whoever reaches this machine can use the studio, "
                "unencrypted and without a password",
                file=sys.stderr,
            )
        print(f"the studio is on {address} with {', '.join(models)}; ctrl-c ends it", flush=True)
        if browser:
            import webbrowser

            webbrowser.open(address)
        server.make_server(app).run(sockets=[listener])
