"""What a visitor of a shared model sees: README.md as model hubs read it, and a sheet of samples.

Source: huggingface.co/docs/hub/model-cards (the metadata at the top of README.md).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from limner.config import RunConfig
from limner.figures.captions import settings
from limner.figures.media import Show
from limner.model.draw import Draw
from limner.pretrained.card import Card
from limner.run import model_categories
from limner.sampling.drawings import sample

SAMPLES = 16
"""Number of drawings on the sheet."""

_ON_THE_HUB = {
    "quickdraw": ["google/quickdraw"],
    "mnist": ["ylecun/mnist"],
    "static-mnist": ["ylecun/mnist"],
}
"""The repositories of data sets."""


def readme(card: Card, licence: str | None = None) -> str:
    """The README.md of a shared model: metadata as YAML, a sheet of samples, and the card.

    Args:
        card: The card.
        licence: Identifier of the licence of the weights, such as "cc-by-4.0"; None takes limner's,
            apache-2.0, and for a model of the user's own images says nothing.
    """
    title, rest = card.to_markdown().split("\n", 1)
    lines = "\n".join(_yaml(_metadata(card, licence)))
    return f"---\n{lines}\n---\n\n{title}\n\n![Samples from the prior](samples.png)\n{rest}"


def licence_of(text: str) -> str | None:
    """The licence that the metadata of a README.md name, as `readme` writes it, if they do."""
    found = re.match(r'---\n(?:[^-].*\n)*?license: "(.*)"\n', text)
    return found and found[1]


def sheet(model: Draw, config: RunConfig, name: str) -> Image.Image:
    """Samples of a model on one page: 16, or one of each category if there are more, at most 64."""
    steps, names = config.model.num_steps, model_categories(config)
    num = max(SAMPLES, min(len(names), 64))
    drawn = sample(model, num=num, num_steps=steps, seed=0)
    labels = [] if drawn.categories is None else [names[index] for index in drawn.categories]
    protocols = (config.train.protocol, "honest")
    detail = settings(name, num_steps=steps, seed=0, protocols=protocols)
    return Show("samples", drawn, detail, labels=labels).final()


def _metadata(card: Card, licence: str | None) -> dict[str, Any]:
    found = card.evaluation
    datasets = _ON_THE_HUB.get(found.data, [])
    is_own = found.data in ("images", "arrays")
    licence = licence or (None if is_own else "apache-2.0")
    conditional = ["class-conditional"] if card.class_conditional else []
    dataset = {
        "type": datasets[0] if datasets else found.data,
        "name": f"{found.data}, {found.binarisation} targets, {found.images} images",
        "split": found.split,
    }
    metrics = [
        ("bound", "bound (negative ELBO), nats for each image", found.bound),
        ("bound_standard_error", "standard error of the bound, nats", found.stderr),
        ("distortion", "distortion, nats", found.distortion),
        ("rate", "rate (KL divergence), nats", found.rate),
        (
            "importance_weighted_bound",
            f"importance-weighted bound (IWAE, K = {found.importance_samples}), nats",
            found.importance_bound,
        ),
    ]
    results = {
        "task": {"type": "unconditional-image-generation"},
        "dataset": dataset,
        "metrics": [
            {"type": kind, "name": name, "value": round(value, 4)}
            for kind, name, value in metrics
            if value is not None
        ],
    }
    return {
        "library_name": "limner",
        **({"license": licence} if licence else {}),
        "pipeline_tag": "unconditional-image-generation",
        "tags": ["draw", "attention", "variational-inference", "sketches", "jax", *conditional],
        **({"datasets": datasets} if datasets else {}),
        "model-index": [{"name": card.name, "results": [results]}],
    }


def _yaml(fields: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Lines of YAML. Strings are written as JSON, which YAML reads too."""
    for key, value in fields.items():
        match value:
            case dict():
                yield f"{indent}{key}:"
                yield from _yaml(value, f"{indent}  ")
            case list():
                yield f"{indent}{key}:"
                for item in value:
                    is_map = isinstance(item, dict)
                    first, *rest = _yaml(item, f"{indent}  ") if is_map else [_scalar(item)]
                    yield f"{indent}- {first.lstrip()}"
                    yield from rest
            case _:
                yield f"{indent}{key}: {_scalar(value)}"


def _scalar(value: str | float) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    return json.dumps("".join(c if c.isprintable() else " " for c in value), ensure_ascii=False)
