"""The studio as a set of static files, the same whether they are served or written to a folder.

    index.html                          the page; all its links are relative
    assets-HASH/                        its scripts (without their comments), styles and fonts
    models.json                         the models, and what the page says of them
    models/NAME-HASH.safetensors        their weights, fetched when a model is chosen
    examples.json                       strokes of a drawing of each category, to start from
    sw.js                               in an exported site, the service worker

A name with a hash belongs to one content for ever, so a browser may keep it for ever. The hash of
the assets stands in the name of their folder, so that modules import each other by relative paths.
"""

import dataclasses
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from limner.config import ModelConfig
from limner.data.dataset import category_names
from limner.errors import LimnerError
from limner.pretrained.hub import read_card
from limner.run import LOSSES, Run, model_categories
from limner.system.checksums import checksum
from limner.system.files import replacing_folder
from limner.text import listed

Site = dict[str, bytes]
"""The files of a site: contents by path, relative to the page's address."""

IMMUTABLE = re.compile(r"assets-[0-9a-f]{10}/.+|models/[^/]+\.safetensors")
"""Paths of a site whose content never changes."""

_CHANGING = {"index.html", "models.json", "examples.json", "sw.js"}
_STUDIO = files("limner.studio")
_LINK = re.compile(r'(?<=\s)(href|src)="([^"]*)"')
_COMMENT = re.compile(r"^[ \t]*(//.*|/\*\*([^*]|\*(?!/))*\*/)[ \t]*\n", re.MULTILINE)
_NO_SHELL = "const SHELL = [];"
_MNIST = ("mnist", "static-mnist")
_UNITS = {"lstm": "LSTM units", "dense": "dense units"}


def build_site(runs: Mapping[str, Run], *, offline: bool = False) -> Site:
    """The files of the studio of some models.

    Args:
        runs: The models by name; the first is the one a visitor meets.
        offline: Add a service worker, which keeps in a visitor's browser what was fetched once. A
            studio on this machine needs none, and other software may use its address later.

    Raises:
        LimnerError: A model has no weights, or its files are damaged; or its network was given in
            Python, which the page cannot run.
    """
    site = _page(offline)
    models = []
    for name, run in runs.items():
        path, weights = _weights(name, run)
        site[path] = weights
        models.append(_describe(name, run) | {"weights": path, "bytes": len(weights)})
    drawn = dict.fromkeys(category for model in models for category in model["categories"])
    examples = json.loads(_STUDIO.joinpath("examples.json").read_text("utf-8"))
    site["models.json"] = _json({"limner": version("limner"), "models": models})
    site["examples.json"] = _json({name: examples[name] for name in drawn if name in examples})
    return site


def check_can_export(out: Path) -> None:
    """Refuse a folder that holds anything but an earlier export, which a new one replaces.

    Raises:
        LimnerError: The folder cannot be taken; the line says why.
    """
    if Path.cwd().is_relative_to(out.resolve()):
        raise LimnerError(f"--export {out} is the current folder: name a folder to make")
    if out.exists() and not out.is_dir():
        raise LimnerError(f"{out} is a file: name another folder to --export to")
    for path in out.rglob("*"):
        name = path.relative_to(out).as_posix()
        is_ours = name in _CHANGING or IMMUTABLE.fullmatch(name) or path.is_dir()
        if path.is_symlink() or not is_ours:
            raise LimnerError(
                f"{out} holds more than an earlier export ({name}): choose another folder"
            )


def export_site(site: Site, out: Path) -> None:
    """Write a site to a folder, whole or not at all, in place of an earlier export.

    Raises:
        LimnerError: The folder cannot be taken or written.
    """
    check_can_export(out)
    with replacing_folder(out.resolve(), replace=True) as folder:
        for name, content in site.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _page(offline: bool) -> Site:
    """The page and its assets."""
    static = dict(sorted(_read(_STUDIO.joinpath("static"))))
    folder = f"assets-{_hash(*(part for file in static.items() for part in file))}"
    page, worker = static.pop("index.html").decode(), static.pop("sw.js").decode()

    def relocate(link: re.Match[str]) -> str:
        attribute, path = link.groups()
        return f'{attribute}="{folder}/{path}"' if path in static else link[0]

    assets = {f"{folder}/{path}": content for path, content in static.items()}
    if not offline:
        return {"index.html": _LINK.sub(relocate, page).encode()} | assets
    page = page.replace("</head>", '<script type="module" src="offline.js"></script>\n</head>')
    shell = ["./", "models.json", "examples.json", *assets]
    worker = worker.replace(_NO_SHELL, f"const SHELL = {json.dumps(shell)};")
    return {"index.html": _LINK.sub(relocate, page).encode(), "sw.js": worker.encode()} | assets


def _read(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for path in folder.iterdir():
        if path.is_dir():
            yield from _read(path, f"{prefix}{path.name}/")
        else:
            content = path.read_bytes()
            if path.name.endswith(".js"):  # a third of them is comments, and no visitor's
                content = _COMMENT.sub("", content.decode()).encode()
            yield f"{prefix}{path.name}", content


def _weights(name: str, run: Run) -> tuple[str, bytes]:
    """Path and content of a model's weights."""
    run.load_model()  # refuses what is missing, is damaged or does not fit
    content = run.weights.read_bytes()
    return f"models/{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}-{_hash(content)}.safetensors", content


def _describe(name: str, run: Run) -> dict[str, Any]:
    """What the page is told of a model, but for its weights."""
    sizes, card = run.config.model, read_card(run.folder)
    categories = _categories(run)
    if card is None:
        words = f"A run on {run.config.data.name}"
        words += f": {listed(categories)}." if categories else "."
        facts = _validation(run)
    else:
        credit = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", card.credit)  # plain text of the Markdown
        title = card.title if card.title.endswith("!") else f"{card.title}."
        words, facts = f"{title} Data: {credit}.", card.facts()
        facts = {"test images": f"{card.evaluation.images:,}"} | facts
    return {
        "name": name,
        "model": dataclasses.asdict(sizes),
        "categories": categories,
        "conditional": sizes.num_categories > 0,
        "binarisation": run.config.data.binarisation,
        "protocol": run.config.train.protocol,
        "framing": "mnist" if run.config.data.name in _MNIST else "quickdraw",
        "draws": sizes.channels == 1 and sizes.height == sizes.width,
        "quantiles": card and card.quantiles,
        "ink": card and card.samples and card.samples.ink,
        "card": {"words": words, "facts": [*(facts | _sizes(sizes)).items()]},
    }


def _categories(run: Run) -> tuple[str, ...]:
    """What a model draws; none if that is unknown, as of the user's own images elsewhere."""
    with suppress(LimnerError):
        return model_categories(run.config) or category_names(run.config.data)
    return ()


def _validation(run: Run) -> dict[str, str]:
    """The best losses on the validation split, and how much training there was."""
    train = run.config.train
    names = LOSSES[train.protocol]
    rows = [row for row in run.read_metrics() if row["kind"] == "valid"]
    best = min(rows, key=lambda row: row.get(names[-1], math.inf), default={})
    known = {f"{name}, validation": f"{best[name]:.2f} nats" for name in names if name in best}
    return known | {"training": f"{train.updates:,} updates of {train.batch_size} images"}


def _sizes(sizes: ModelConfig) -> dict[str, str]:
    return {
        "image": f"{sizes.height} × {sizes.width}, {'ink' if sizes.channels == 1 else 'colour'}",
        "T": f"{sizes.num_steps} steps",
        "latents each step, Z": f"{sizes.latent_size}",
        "each cell": f"{sizes.hidden_size} {_UNITS[sizes.cell]}",
        "reads": _window(sizes.read_grid),
        "writes": _window(sizes.write_grid),
    }


def _window(grid: int | None) -> str:
    return f"{grid} × {grid} filters" if grid else "the whole image"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _hash(*parts: bytes | str) -> str:
    return checksum(*parts)[:10]
