"""`limner studio`, `limner interpolate` and `limner complete`: parse, call, print."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from limner.config import require_seed
from limner.errors import LimnerError
from limner.session import RunFolder, load_drawing_model, open_run, prepare, read_picture

if TYPE_CHECKING:
    from limner.studio.takeaway import Show

DEFAULT_PORT = 8017

RunFolders = Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="[RUN ...]")]
Picture = Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="PICTURE")]


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
        runs: Run folders, pretrained models by name, or folders of runs; if none is given, the
            finished runs under ./runs, else the pretrained models.
        host: Address to serve on; others than 127.0.0.1 may let others in.
        port: Port to serve on; 0 takes any that is free.
        browser: Open the page in the browser.
        check: Only say whether it would start.
    """
    try:
        from limner.studio import guard, server
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
        if not guard.is_loopback(host):
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


def interpolate(
    run: RunFolder,
    first: Picture,
    second: Picture,
    *,
    num: int = 9,
    category: str | None = None,
    out: Path | None = None,
) -> None:
    """Draw the way from one picture to another through the latents.

    Args:
        run: Run folder, or the name of a pretrained model.
        first: A picture to start from.
        second: A picture to end with.
        num: How many drawings, both ends among them.
        category: To draw all in, of a model that tells categories apart; else what the first
            picture looks like.
        out: Folder for the pictures, if not RUN/figures/interpolation.
    """
    if num < 2:
        raise LimnerError(f"--num is {num}: a way has two ends, so it must be at least 2")
    import numpy as np

    from limner.interpolate import interpolate
    from limner.studio.takeaway import Show

    there = open_run(run)
    start = read_picture(there, first)
    drawings = interpolate(
        load_drawing_model(there, category, start),
        start,
        read_picture(there, second),
        places=np.linspace(0, 1, num, dtype=np.float32),
        num_steps=there.config.model.num_steps,
    )
    show = Show(
        f"Interpolation · {there.name}, {first.name} to {second.name}",
        drawings.canvases,
        write_window=drawings.write_window,
        write_grid=there.config.model.write_grid,
        is_way=True,
    )
    _save(show, out or there.figures / "interpolation")


def complete(
    run: RunFolder,
    picture: Picture,
    *,
    num: int = 8,
    seed: int = 0,
    temperature: float = 1.0,
    category: str | None = None,
    out: Path | None = None,
) -> None:
    """Finish a drawing in several ways; its ink stays.

    Args:
        run: Run folder, or the name of a pretrained model.
        picture: What is drawn so far, in its place on the page.
        num: How many ways.
        seed: Of the noise.
        temperature: Factor on the noise of the prior.
        category: Of a model that tells categories apart; else what the picture looks like.
        out: Folder for the pictures, if not RUN/figures/completions.
    """
    require_seed(seed, "--seed")
    from limner.complete import complete
    from limner.studio.takeaway import Show

    there = open_run(run)
    config = there.config.model
    image = read_picture(there, picture)
    drawings = complete(
        load_drawing_model(there, category, image),
        image,
        num=num,
        num_steps=config.num_steps,
        seed=seed,
        temperature=temperature,
    )
    show = Show(
        f"Completions of {picture.name} · {there.name}, seed {seed}",
        drawings.canvases,
        write_window=drawings.write_window,
        write_grid=config.write_grid,
    )
    _save(show, out or there.figures / "completions")


def _save(show: "Show", folder: Path) -> None:
    from limner.files import replacing
    from limner.studio import takeaway

    for name, render in (
        ("strip.png", takeaway.png),
        ("drawings.gif", takeaway.gif),
        ("windows.svg", takeaway.svg),
    ):
        with replacing(folder / name) as temporary:
            temporary.write_bytes(render(show))
        print(folder / name)
