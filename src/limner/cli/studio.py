"""`limner studio`: parse, call, print."""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from limner.cli.common import prepare

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
        runs: Run folders, names of pretrained models, or folders that hold runs. By default the
            finished runs under ./runs, or else the pretrained models.
        host: Address to serve on; any other than 127.0.0.1 may let other people in.
        port: Port to serve on; 0 takes any free port.
        browser: Open the page in the browser.
        check: Do not start; only say whether the studio would start.
    """
    prepare(every_core=False)
    from limner.studio.models import find_models
    from limner.studio.server import SiteServer, bind, is_loopback
    from limner.studio.site import build_site

    models = find_models(runs)
    site = build_site(models)
    with bind(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}/"
        if check:
            print(f"the studio would start on {address} with {', '.join(models)}")
            return
        if not is_loopback(host):
            print(
                f"limner: serving on {host}: whoever reaches this machine can use the studio, "
                "unencrypted and without a password",
                file=sys.stderr,
            )
        print(f"the studio is on {address} with {', '.join(models)}; ctrl-c ends it", flush=True)
        if browser:
            import webbrowser

            webbrowser.open(address)
        SiteServer(site, listener, host).serve_forever()
