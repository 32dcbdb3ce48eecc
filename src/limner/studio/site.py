"""The studio as a set of static files, the same whether they are served or written to a folder.

    index.html                          the page; all its links are relative
    assets-HASH/                        its scripts, styles and fonts
    models.json                         the models, and what the page says of them
    models/NAME-HASH.safetensors        their weights, fetched when a model is chosen
    examples.json                       strokes of a drawing of each category, to start from
    sw.js                               the service worker of an exported site

A name with a hash belongs to one content for ever, so a browser may keep it for ever. The hash of
the assets stands in the name of their folder, so that modules import each other by relative paths.
"""

import dataclasses
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from limner.data.dataset import category_names
from limner.data.doodles import doodles
from limner.errors import LimnerError
from limner.pretrained.card import Card
from limner.pretrained.hub import read_card
from limner.run import Run, model_categories
from limner.system.checksums import checksum

Site = dict[str, bytes]
"""The files of a site: contents by path, relative to the page's address."""

_STUDIO = files("limner.studio")
_LINK = re.compile(r'(?<=\s)(href|src)="([^"]*)"')


def build_site(runs: Mapping[str, Run]) -> Site:
    """The files of the studio of some models.

    Args:
        runs: The models by name; the first is the one a visitor meets.

    Raises:
        LimnerError: A model has no weights, or its files are damaged; or its network was given in
            Python, which the page cannot run.
    """
    site = _page()
    models = []
    for name, run in runs.items():
        path, weights = _weights(name, run)
        site[path] = weights
        models.append(_describe(name, run) | {"weights": path, "bytes": len(weights)})
    site["models.json"] = _json({"limner": version("limner"), "models": models})
    drawn = dict.fromkeys(category for model in models for category in model["categories"])
    site["examples.json"] = _json({name: found for name in drawn if (found := _example(name))})
    return site


def _page() -> Site:
    static = dict(_read(_STUDIO.joinpath("static")))
    parts = (part for path, content in sorted(static.items()) for part in (path, content))
    folder = f"assets-{_hash(*parts)}"
    page = static.pop("index.html").decode()

    def relocate(link: re.Match[str]) -> str:
        attribute, path = link.groups()
        return f'{attribute}="{folder}/{path}"' if path in static else link[0]

    assets = {f"{folder}/{path}": content for path, content in static.items()}
    return {"index.html": _LINK.sub(relocate, page).encode()} | assets


def _read(folder: Traversable, prefix: str = ""):
    for path in folder.iterdir():
        if path.is_dir():
            yield from _read(path, f"{prefix}{path.name}/")
        else:
            yield f"{prefix}{path.name}", path.read_bytes()


def _weights(name: str, run: Run) -> tuple[str, bytes]:
    run.load_model()  # refuses what is missing, damaged or does not fit
    content = run.weights.read_bytes()
    word = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
    return f"models/{word}-{_hash(content)}.safetensors", content


def _describe(name: str, run: Run) -> dict[str, Any]:
    config, card = run.config, read_card(run.folder)
    conditional = config.model.num_categories > 0
    return {
        "name": name,
        "model": dataclasses.asdict(config.model),
        "categories": _categories(run),
        "conditional": conditional,
        "binarisation": config.data.binarisation,
        "draws": config.model.channels == 1 and config.model.height == config.model.width,
        "quantiles": None,
        "card": None if card is None else _said(card),
    }


def _categories(run: Run) -> tuple[str, ...]:
    """What a model draws; none if that is unknown, as of the user's own images elsewhere."""
    with suppress(LimnerError):
        return model_categories(run.config) or category_names(run.config.data)
    return ()


def _said(card: Card) -> dict[str, Any]:
    return {"words": card.title, "facts": [["bound", card.bound]]}


def _example(category: str) -> list[list[list[int]]] | None:
    """Strokes of a drawing of a category, lists of x and of y from 0 to 255; None if there is none."""
    if category in doodles.CATEGORIES:
        return [stroke.tolist() for stroke in doodles.doodle(category, 0)]
    return None


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _hash(*parts: bytes | str) -> str:
    return checksum(*parts)[:10]
