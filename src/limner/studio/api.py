"""The routes of the API, version 1: strokes in, drawings out, as JSON or as pictures to keep."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from jaxtyping import Float
from starlette.concurrency import run_in_threadpool

from limner.data.doodles.doodles import CATEGORIES, doodle
from limner.data.strokes import Strokes
from limner.errors import LimnerError
from limner.figures.captions import Kind
from limner.figures.media import Show
from limner.sampling.drawings import Drawings, collect
from limner.studio import strokes
from limner.studio.batching import Engine
from limner.studio.models import StudioModel
from limner.studio.schemas import (
    CompleteAnswer,
    CompleteRequest,
    DoodleAnswer,
    Format,
    InterpolateAnswer,
    InterpolateRequest,
    ModelCard,
    ModelsAnswer,
    Pixels,
    ReconstructAnswer,
    ReconstructRequest,
    Refusal,
    SampleAnswer,
    SampleRequest,
    StrokesFormat,
    WindowsAnswer,
)
from limner.studio.strokes import Points
from limner.studio.warmup import Preparation

_MEDIA = {"gif": "image/gif", "png": "image/png", "svg": "image/svg+xml"}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": why}
    for status, why in {
        400: "The body cannot be read.",
        404: "There is no such model.",
        413: "The body is too long.",
        422: "The request does not fit its schema, or its strokes do not fit a page.",
        503: "As many requests as there may be are being answered: try again in a moment.",
    }.items()
}
_LINES = "application/x-ndjson"


def _answers(what: str, *more: str) -> dict[int | str, dict[str, Any]]:
    """What a route may answer: besides JSON, pictures and the media types of `more`."""
    media = [*_MEDIA.values(), *more]
    return _REFUSALS | {200: {"description": what, "content": {name: {} for name in media}}}


_ANSWERS = _answers("The drawings, or a picture of them.")
_ANSWERS_TO_STROKES = _answers("The drawings, a picture of them, or the strokes.", _LINES)

_FORMATS = "json; or gif, an animation; png, a still; svg, the path of the windows"
AskedFormat = Annotated[Format, Query(description=f"{_FORMATS}.")]
AskedStrokesFormat = Annotated[
    StrokesFormat,
    Query(description=f"{_FORMATS}; ndjson, the strokes, simplified, as Quick, Draw! has them."),
]


@dataclass(frozen=True, eq=False)
class Studio:
    """The models that are served, what computes for them and what makes them ready."""

    models: Mapping[str, StudioModel]
    engine: Engine
    preparation: Preparation

    @contextmanager
    def model(self, name: str | None, *, draws: bool) -> Iterator[StudioModel]:
        """A model to ask, and a place among the requests for as long.

        Args:
            name: Of the model; None for the first.
            draws: Whether strokes are to be drawn for it.

        Raises:
            HTTPException: There is no such model.
            LimnerError: It takes no strokes.
            Busy: There is no place.
        """
        found = self.models.get(next(iter(self.models)) if name is None else name)
        if found is None:
            raise HTTPException(404, f"there is no model {name!r}: ask /api/v1/models")
        if draws and not found.draws:
            raise LimnerError(f"{found.name} takes no strokes: its pictures are not squares of ink")
        with self.engine.admission():
            self.preparation.begin(found)
            yield found


async def served(request: Request) -> Studio:  # async, so that no thread is called for it
    """The studio that a request is made to."""
    return request.app.state.studio


Served = Annotated[Studio, Depends(served)]

router = APIRouter(prefix="/api/v1", responses=_REFUSALS)


@router.get("/models", summary="The models that are served, and their cards")
def models(studio: Served) -> ModelsAnswer:
    """The first is the one that answers where a request names none."""
    return ModelsAnswer(models=[ModelCard.of(model) for model in studio.models.values()])


@router.get("/doodle", summary="A drawing to start from, made up by a program")
def make_doodle(
    category: Literal[*CATEGORIES] = "cat",  # pyright: ignore[reportInvalidTypeForm]
    index: Annotated[int, Query(ge=0, lt=100_000)] = 0,
) -> DoodleAnswer:
    """The same category and index always give the same drawing."""
    return DoodleAnswer(category=category, index=index, strokes=_points(doodle(category, index)))


@router.post(
    "/reconstruct",
    summary="Draw a drawing again from looks at it",
    response_model=ReconstructAnswer,
    responses=_ANSWERS_TO_STROKES,
)
async def reconstruct(
    asked: ReconstructRequest, studio: Served, format: AskedStrokesFormat = "json"
) -> ReconstructAnswer | Response:
    """The same seed gives what `limner.sampling.drawings.reconstruct` gives."""
    with studio.model(asked.model, draws=True) as model:
        if format == "ndjson":
            return await _line(model, asked.strokes)
        strokes, image = await run_in_threadpool(_seen, model, asked.strokes)
        seeds = np.array([asked.seed], np.uint32)
        drawn = await studio.engine.together(model.reconstruct, image[None], seeds)
        if format != "json":
            detail = f"T = {model.num_steps}, seed {asked.seed}"
            show = _show("reconstructions", collect(drawn.steps), model, detail, image[None])
            return await _file(format, show)
        _, losses, floor = drawn
        bound = float(losses.bound[0])
        return ReconstructAnswer(
            model=model.name,
            seed=asked.seed,
            strokes=_points(strokes),
            image=Pixels.of(image),
            canvases=Pixels.of_logits(drawn.steps.canvas[0]),
            read=WindowsAnswer.of(drawn.steps.read_window, model.config.model.read_grid),
            write=WindowsAnswer.of(drawn.steps.write_window, model.config.model.write_grid),
            distortion=float(losses.distortion[0]),
            rate=float(losses.rate[0]),
            rate_per_step=losses.rate_per_step[0].tolist(),
            bound=bound,
            floor=float(floor[0]),
            percentile=model.percentile(bound),
        )


@router.post(
    "/sample",
    summary="Make drawings up",
    response_model=SampleAnswer,
    responses=_ANSWERS,
)
async def sample(
    asked: SampleRequest, studio: Served, format: AskedFormat = "json"
) -> SampleAnswer | Response:
    """They come from noise alone: the same seed gives what `limner sample` gives."""
    with studio.model(asked.model, draws=False) as model:
        num_steps = min(asked.num_steps or model.num_steps, model.most_steps)
        drawings = await studio.engine.alone(
            lambda: model.sample(asked.num, num_steps, asked.seed, asked.temperature)
        )
        if format != "json":
            heat = "" if asked.temperature == 1 else f", temperature {asked.temperature:g}"
            detail = f"T = {num_steps}, seed {asked.seed}{heat}"
            return await _file(format, _show("samples", drawings, model, detail))
        return SampleAnswer.of(
            model,
            drawings,
            seed=asked.seed,
            temperature=asked.temperature,
            num_steps=num_steps,
        )


@router.post(
    "/complete",
    summary="Finish a drawing in several ways",
    response_model=CompleteAnswer,
    responses=_ANSWERS_TO_STROKES,
)
async def complete(
    asked: CompleteRequest, studio: Served, format: AskedStrokesFormat = "json"
) -> CompleteAnswer | Response:
    """The ink that is given stays; the first ways are the same however many there are."""
    with studio.model(asked.model, draws=True) as model:
        if format == "ndjson":
            return await _line(model, asked.strokes)
        image = await run_in_threadpool(_seen_in_place, model, asked.strokes)
        drawings = await studio.engine.alone(
            lambda: model.complete(image, asked.num, asked.seed, asked.temperature)
        )
        if format != "json":
            detail = f"seed {asked.seed}"
            return await _file(format, _show("completions", drawings, model, detail))
        return CompleteAnswer.of(
            model,
            drawings,
            image=Pixels.of(image),
            seed=asked.seed,
            temperature=asked.temperature,
        )


@router.post(
    "/interpolate",
    summary="Draw the way from one drawing to another",
    response_model=InterpolateAnswer,
    responses=_ANSWERS,
)
async def interpolate(
    asked: InterpolateRequest, studio: Served, format: AskedFormat = "json"
) -> InterpolateAnswer | Response:
    """It is the arc between their latents; no chance is in it."""
    with studio.model(asked.model, draws=True) as model:
        _, first = await run_in_threadpool(_seen, model, asked.first)
        _, second = await run_in_threadpool(_seen, model, asked.second)
        drawings = await studio.engine.alone(lambda: model.interpolate(first, second, asked.num))
        if format != "json":
            detail = f"T = {model.num_steps}"
            return await _file(format, _show("interpolation", drawings, model, detail))
        return InterpolateAnswer.of(
            model,
            drawings,
            first=Pixels.of(first),
            second=Pixels.of(second),
            places=np.linspace(0, 1, asked.num).tolist(),
        )


def _seen(model: StudioModel, points: Points) -> tuple[Strokes, Float[np.ndarray, "c h w"]]:
    """A drawing brought to size, and as the model sees it."""
    drawn = strokes.fitted(points)
    return drawn, model.targets(strokes.levels(drawn, model.network.shape[1]))


def _seen_in_place(model: StudioModel, points: Points) -> Float[np.ndarray, "c h w"]:
    """A drawing that is not done, as the model sees it."""
    drawn = strokes.in_place(points)
    return model.targets(strokes.levels(drawn, model.network.shape[1]))


def _show(
    kind: Kind,
    drawings: Drawings,
    model: StudioModel,
    detail: str,
    inputs: Float[np.ndarray, "b c h w"] | None = None,
) -> Show:
    sizes = model.config.model
    return Show(
        kind,
        drawings,
        f"{model.name}, {detail}",
        read_grid=sizes.read_grid,
        write_grid=sizes.write_grid,
        inputs=inputs,
    )


async def _file(format: Format, show: Show) -> Response:
    content = await run_in_threadpool(show.render, f".{format}")
    return Response(content, media_type=_MEDIA[format])


async def _line(model: StudioModel, points: Points) -> Response:
    """A drawing as a file keeps it, by the name of what the model draws if that is one thing."""
    drawn = await run_in_threadpool(strokes.fitted, points)
    word = model.categories[0] if len(model.categories) == 1 else "drawing"
    return Response(strokes.ndjson(drawn, word), media_type=_LINES)


def _points(strokes: Strokes) -> list[list[list[int]]]:
    return [stroke.T.tolist() for stroke in strokes]
