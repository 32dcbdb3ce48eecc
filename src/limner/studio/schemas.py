"""The API's requests and answers, version 1.

Every request that fits its schema is answered, but for a model that is not there and for strokes
longer than a page can hold. Numbers are finite; what is unknown to a request is refused by name.
"""

import base64
import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import jax
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from limner.config import CellName
from limner.data.doodles.doodles import CATEGORIES
from limner.model.attention import Window
from limner.sampling.drawings import Drawings
from limner.studio.models import MOST_COMPLETIONS, MOST_PLACES, MOST_SAMPLES, StudioModel
from limner.studio.strokes import MOST_POINTS

MOST_STROKES = 200

Format = Literal["json", "gif", "png", "svg"]
StrokesFormat = Literal[Format, "ndjson"]

Anywhere = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
OnPage = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]
_Two = Field(min_length=2, max_length=2)
_Many = Field(min_length=1, max_length=MOST_POINTS)
_Strokes = Field(min_length=1, max_length=MOST_STROKES)
Drawing = Annotated[list[Annotated[list[Annotated[list[Anywhere], _Two]], _Many]], _Strokes]
PageDrawing = Annotated[list[Annotated[list[Annotated[list[OnPage], _Two]], _Many]], _Strokes]

ModelName = Annotated[str, Field(max_length=200, description="Of /models; the first if absent.")]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, description="Of the noise.")]
Temperature = Annotated[
    float, Field(ge=0, le=2, allow_inf_nan=False, description="Factor on the prior's noise.")
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: ModelName | None = None


class ReconstructRequest(_Request):
    """A drawing to look at and draw again."""

    strokes: Drawing = Field(
        description="Strokes of (x, y) points, y downwards, in any units: the drawing is brought "
        f"to size as the training data were. At most {MOST_POINTS:,} points in all.",
        examples=[[[[10, 90], [20, 10], [50, 60], [80, 10], [90, 90], [10, 90]]]],
    )
    seed: Seed = 0


class SampleRequest(_Request):
    """Drawings to make up."""

    num: int = Field(16, ge=1, le=MOST_SAMPLES, description="How many.")
    num_steps: int | None = Field(
        None, ge=1, description="T; as in training if absent, and at most the model's most_steps."
    )
    seed: Seed = 0
    temperature: Temperature = 1.0


class CompleteRequest(_Request):
    """A drawing to finish."""

    strokes: PageDrawing = Field(
        description="Strokes of (x, y) points on a page from 0 to 255 both ways; they stay where "
        f"they are. At most {MOST_POINTS:,} points in all.",
        examples=[[[[20, 120], [40, 20], [90, 80], [160, 80]]]],
    )
    num: int = Field(MOST_COMPLETIONS, ge=1, le=MOST_COMPLETIONS, description="How many ways.")
    seed: Seed = 0
    temperature: Temperature = 1.0


class InterpolateRequest(_Request):
    """Two drawings to go between."""

    first: Drawing = Field(description="Strokes, as for /reconstruct.")
    second: Drawing = Field(description="Strokes, as for /reconstruct.")
    num: int = Field(9, ge=2, le=MOST_PLACES, description="Drawings on the way, ends included.")


class Pixels(BaseModel):
    """An array of ink, 0 none and 255 full."""

    shape: list[int] = Field(description="Of the array; the last axis runs fastest.")
    data: str = Field(description="Its bytes in base64, one an element.")

    @classmethod
    def of(cls, ink: np.ndarray) -> "Pixels":
        """From ink between 0 and 1."""
        levels = np.rint(255 * ink).astype(np.uint8)
        return cls(shape=list(ink.shape), data=base64.b64encode(levels.tobytes()).decode())

    @classmethod
    def of_logits(cls, canvases: np.ndarray) -> "Pixels":
        """From canvases."""
        return cls.of((1 + np.tanh(canvases / 2)) / 2)


class WindowsAnswer(BaseModel):
    """Where attention lay, for each picture and step; lengths in pixels of the picture."""

    grid: int = Field(description="N, filters along a side.")
    centre_x: list[list[float]]
    centre_y: list[list[float]]
    stride: list[list[float]] = Field(description="Between filters.")
    std: list[list[float]] = Field(description="Width of the filters.")
    intensity: list[list[float]]

    @classmethod
    def of(cls, window: Window | None, grid: int | None) -> "WindowsAnswer | None":
        """From windows whose arrays are pictures by steps; None where there is no attention."""
        if window is None or grid is None:
            return None
        lists = {
            name: np.asarray(values, float).round(3).tolist()
            for name, values in window._asdict().items()
        }
        return cls(grid=grid, **lists)


StrokesAnswer = list[list[Annotated[list[int], _Two]]]


class ReconstructAnswer(BaseModel):
    """How a drawing was drawn again, and what it cost in nats."""

    model: str
    seed: int
    strokes: StrokesAnswer = Field(description="The drawing, simplified.")
    image: Pixels = Field(description="What the model saw: channel, y, x.")
    canvases: Pixels = Field(description="After every step: step, channel, y, x.")
    read: WindowsAnswer | None
    write: WindowsAnswer | None
    distortion: float = Field(description="-log p(image given the last canvas), Lx.")
    rate: float = Field(description="KL of the posterior from the prior, summed over steps.")
    rate_per_step: list[float]
    bound: float = Field(description="distortion + rate: no less than -log p(image).")
    floor: float = Field(description="Entropy of the image's greys: no distortion is below it.")
    percentile: float | None = Field(
        description="Percent of test drawings with a lower bound; null before it is known."
    )


class DrawingsAnswer(BaseModel):
    """Drawings that look at nothing."""

    model: str
    canvases: Pixels = Field(description="picture, step, channel, y, x.")
    write: WindowsAnswer | None

    @classmethod
    def of(cls, model: StudioModel, drawings: Drawings, **more: Any):
        """A model's drawings, and what else this answer says of them."""
        seen = (drawings.canvases, drawings.write_window)
        canvases, write = jax.tree.map(lambda leaf: np.swapaxes(leaf, 0, 1), seen)
        return cls(
            model=model.name,
            canvases=Pixels.of_logits(canvases),
            write=WindowsAnswer.of(write, model.config.model.write_grid),
            **more,
        )


class SampleAnswer(DrawingsAnswer):
    """Drawings from the prior."""

    seed: int
    temperature: float
    num_steps: int


class CompleteAnswer(DrawingsAnswer):
    """Completions; the given ink lies on their canvases at every step."""

    image: Pixels = Field(description="What was given: channel, y, x.")
    seed: int
    temperature: float


class InterpolateAnswer(DrawingsAnswer):
    """Drawings on the way from one drawing to another, in order."""

    first: Pixels = Field(description="The one end as the model saw it: channel, y, x.")
    second: Pixels = Field(description="The other.")
    places: list[float] = Field(description="Where on the way, from 0 to 1.")


class ModelCard(BaseModel):
    """What is to be known of a model."""

    name: str
    draws: bool = Field(description="Whether it takes strokes: its pictures are squares of ink.")
    shape: list[int] = Field(description="Channels, height, width.")
    num_steps: int = Field(description="T of its training.")
    most_steps: int = Field(description="T that samples may have.")
    latent_size: int
    cell: CellName = Field(description="Of the encoder and of the decoder.")
    hidden_size: int = Field(description="Units of each cell.")
    read_grid: int | None
    write_grid: int | None
    weights: int = Field(description="How many.")
    data: str
    categories: list[str]
    doodles: list[str] = Field(description="Categories of /doodle to start from.")
    binarisation: str
    protocol: str
    iterations: int
    batch_size: int
    validation_distortion: float | None = Field(description="Best on the validation split, nats.")
    validation_rate: float | None
    test_drawings: int = Field(description="Behind percentiles; 0 before they are measured.")

    @classmethod
    def of(cls, model: StudioModel) -> "ModelCard":
        """A model's card, of its run as it is now."""
        sizes, data, train = model.config.model, model.config.data, model.config.train
        validations = [row for row in model.run.read_metrics() if row["kind"] == "valid"]
        best = min(validations, key=lambda row: row.get("bound", math.inf), default={})
        return cls(
            name=model.name,
            draws=model.draws,
            shape=list(model.network.shape),
            num_steps=model.num_steps,
            most_steps=model.most_steps,
            latent_size=sizes.latent_size,
            cell=sizes.cell,
            hidden_size=sizes.hidden_size,
            read_grid=sizes.read_grid,
            write_grid=sizes.write_grid,
            weights=sum(leaf.size for leaf in jax.tree.leaves(model.network)),
            data=data.name,
            categories=list(model.categories),
            doodles=_doodles(model.categories),
            binarisation=data.binarisation,
            protocol=train.protocol,
            iterations=train.updates,
            batch_size=train.batch_size,
            validation_distortion=best.get("distortion"),
            validation_rate=best.get("rate"),
            test_drawings=len(model.test_bounds),
        )


def _doodles(categories: Sequence[str]) -> list[str]:
    """Those of a model's categories that there are doodles of; cats if there are none."""
    return [name for name in categories if name in CATEGORIES] or ["cat"]


class ModelsAnswer(BaseModel):
    """The models that are served; the first is the default."""

    models: list[ModelCard]


class DoodleAnswer(BaseModel):
    """A drawing to start from."""

    category: str
    index: int
    strokes: StrokesAnswer = Field(description="Points from 0 to 255.")


class Refusal(BaseModel):
    """Why a request was not answered."""

    detail: str
