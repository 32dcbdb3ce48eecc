"""`limner studio`: parse, call, print."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.cli.common import prepare, refuse_idle
from limner.text import quoted

if TYPE_CHECKING:
    from limner.studio.site import Site

LOCAL_HOST = "127.0.0.1"
DEFAULT_PORT = 8017

RunFolders = Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="[RUN ...]")]


def studio(
    runs: RunFolders = (),
    *,
    export: Path | None = None,
    host: str = LOCAL_HOST,
    port: int = DEFAULT_PORT,
    browser: bool = True,
    check: bool = False,
) -> None:
    """Open a page to draw on, and watch the model look and draw; or write it as a static site.

    The page runs the models in the browser. What is drawn on it never leaves the browser.

    Args:
        runs: Run folders, folders that hold runs, names of pretrained models, or Hugging Face
            repositories (OWNER/NAME). By default the finished runs under ./runs, or else the
            pretrained models.
        export: Do not serve, but write the page and the models to this folder, to put on any static
            host. It may hold an earlier export, which is replaced.
        host: Address to serve on; any other than 127.0.0.1 may let other people in.
        port: Port to serve on; 0 takes any free port.
        browser: Open the page in the browser.
        check: Do not start or write; only say whether the studio would start or be written.
    """
    prepare()
    from limner.studio.models import find_models
    from limner.studio.site import build_site, check_can_export

    if export is not None:
        served = {"--host": host != LOCAL_HOST, "--port": port != DEFAULT_PORT}
        refuse_idle("with --export", served | {"--no-browser": not browser})
        check_can_export(export)
    models = find_models(runs)
    site = build_site(models, offline=export is not None)
    names = ", ".join(models)
    if export is None:
        _serve(site, names, host, port, browser, check)
    elif check:
        print(f"the studio would be written to {export} with {names}")
    else:
        _write(site, names, export)


def _write(site: "Site", names: str, out: Path) -> None:
    from rich.filesize import decimal

    from limner.studio.site import export_site

    export_site(site, out)
    size = sum(map(len, site.values()))
    print(f"{out}: the studio with {names}, {len(site)} files, {decimal(size)}")
    print(
        "put the folder on any static host, under any path (docs/studio.md); to try it here:\n"
        f"  python -m http.server --bind 127.0.0.1 --directory {quoted(out)}"
    )


def _serve(site: "Site", names: str, host: str, port: int, browser: bool, check: bool) -> None:
    from limner.studio.server import SiteServer, bind, is_loopback

    with bind(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}/"
        if check:
            print(f"the studio would start on {address} with {names}")
            return
        if not is_loopback(host):
            print(
                f"limner: serving on {host}: whoever reaches this machine can use the studio, "
                "unencrypted and without a password",
                file=sys.stderr,
            )
        print(f"the studio is on {address} with {names}; ctrl-c ends it", flush=True)
        if browser:
            import webbrowser

            webbrowser.open(address)
        SiteServer(site, listener, host).serve_forever()
