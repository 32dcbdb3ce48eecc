"""A trained network, wherever it came from, with everything it can draw and measure.

Axis letters: b image, c channel, h w image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from limner.config import Protocol, RunConfig, SplitName
from limner.data.dataset import Dataset, open_dataset
from limner.data.fingerprint import Fingerprint
from limner.errors import LimnerError
from limner.evaluation import classify
from limner.evaluation.bound import Evaluation, evaluate
from limner.figures.charts import Curves
from limner.figures.media import Kind, Show
from limner.model.draw import Draw
from limner.pretrained.card import Card
from limner.run import Run, category_index, model_categories
from limner.sampling import completion, drawings, interpolation
from limner.system.progress import progress_bar

Images = Float[np.ndarray, "b c h w"] | Float[np.ndarray, "b h w"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network and what is known about it.

    Example:
        >>> cat = limner.load("cat")
        >>> cat.sample(16, seed=1).save("cats.png")
        >>> cat.evaluate().bound
    """

    name: str
    """Name of the folder, or of the data set if there is no folder."""
    model: Draw = field(repr=False)
    config: RunConfig = field(repr=False)
    card: Card | None = field(default=None, repr=False)
    """The model card; None if the run was not exported."""
    metrics: Sequence[dict[str, Any]] = field(default=(), repr=False)
    """The losses, one dictionary for each row of metrics.jsonl; an exported model has none."""
    data: Fingerprint | None = field(default=None, repr=False)
    """Fingerprint of the training data, if known."""

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories it tells apart; empty if the model is not class-conditional."""
        return model_categories(self.config)

    def curves(self) -> Curves:
        """The losses over the updates, as arrays and as a chart.

        Raises:
            LimnerError: It has no losses, because it was exported.
        """
        return Curves.of(self.metrics, self.name)

    def sample(
        self,
        num: int = 16,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        num_steps: int | None = None,
        category: str | None = None,
    ) -> Show:
        """Draw samples from the prior: drawings that the model makes up.

        Args:
            num: Number of drawings.
            seed: Seed for the noise; drawing i depends only on (seed, i).
            temperature: Factor on the noise; below 1 the drawings are more alike.
            num_steps: Number of steps, T; None takes the T of training.
            category: One of `categories`; None draws a random one for each drawing.

        Returns:
            The samples, which show themselves in a notebook.

        Raises:
            LimnerError: The model does not have this category, or a number is out of range.

        Example:
            >>> limner.load("cat").sample(16, seed=1).save("cats.gif")
        """
        _check(num >= 1, "num", num, "at least 1")
        _check(0 <= temperature < float("inf"), "temperature", temperature, "a number from 0 up")
        steps = self._steps(num_steps)
        drawn = drawings.sample(
            self.model,
            num=num,
            num_steps=steps,
            seed=seed,
            temperature=temperature,
            category=None if category is None else self._index(category),
        )
        heat = "" if temperature == 1 else f", temperature {temperature:g}"
        who = self.name if category is None else f"{self.name} ({category})"
        labels = []
        if category is None and drawn.categories is not None:
            labels = [self.categories[index] for index in drawn.categories]
        detail = f"{who}, T = {steps}, seed {seed}{heat}"
        return self._show("samples", drawn, detail, labels=labels)

    def reconstruct(
        self,
        images: Images,
        *,
        seed: int = 0,
        num_steps: int | None = None,
        category: str | Sequence[str] | None = None,
    ) -> Show:
        """Reconstruct images: look at them and draw them again (latents from the posterior).

        Args:
            images: Pixels from 0 to 1, 1 for ink.
            seed: Seed for the noise; drawing i depends only on (seed, i).
            num_steps: Number of steps, T; None takes the T of training.
            category: Category of all images, or a sequence with one for each. With None, a
                class-conditional model takes the one that each image looks most like.

        Returns:
            The reconstructions, which show themselves in a notebook.

        Raises:
            LimnerError: The images have another size, or pixels outside 0..1; or the model does
                not have this category.
        """
        images = self._checked(images)
        steps = self._steps(num_steps)
        drawn = drawings.reconstruct(
            self.model,
            images,
            num_steps=steps,
            seed=seed,
            categories=self._indices(images, category),
        )
        detail = f"{self.name}, T = {steps}, seed {seed}"
        return self._show("reconstructions", drawn, detail, inputs=images)

    def complete(
        self,
        image: Float[np.ndarray, "c h w"] | Float[np.ndarray, "h w"],
        num: int = 8,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        category: str | None = None,
        known: Bool[np.ndarray, "h w"] | None = None,
    ) -> Show:
        """Finish a drawing in several ways (inpainting); its ink stays.

        Args:
            image: What is drawn so far, at its position on the canvas; pixels from 0 to 1.
            num: Number of completions.
            seed: Seed for all random choices.
            temperature: Factor on the noise of the steps that are drawn from the prior.
            category: Category, for a class-conditional model; None takes the one that the image
                looks most like.
            known: Mask of the pixels that are given; None takes those with ink, and all that
                touch them.

        Returns:
            The completions, which show themselves in a notebook.

        Raises:
            LimnerError: As for `reconstruct`; or `num` is out of range.
        """
        (one,) = self._checked(np.asarray(image)[None])
        model = self._model_for(one, category)
        steps = self.config.model.num_steps
        drawn = completion.complete(
            model,
            one,
            num=num,
            num_steps=steps,
            seed=seed,
            temperature=temperature,
            known=known,
        )
        return self._show("completions", drawn, f"{self.name}, T = {steps}, seed {seed}")

    def interpolate(
        self,
        first: Float[np.ndarray, "c h w"] | Float[np.ndarray, "h w"],
        second: Float[np.ndarray, "c h w"] | Float[np.ndarray, "h w"],
        num: int = 9,
        *,
        category: str | None = None,
    ) -> Show:
        """Draw the way from one image to another, by spherical interpolation (slerp) of latents.

        Args:
            first: Image to start from, pixels from 0 to 1.
            second: Image to end with, pixels from 0 to 1.
            num: Number of drawings, including both ends.
            category: Category, for a class-conditional model; None takes the one that the first
                image looks most like.

        Returns:
            The drawings in order, which show themselves in a notebook.

        Raises:
            LimnerError: As for `reconstruct`; or `num` is below 2.
        """
        _check(num >= 2, "num", num, "at least 2, since both ends are drawn")
        start, end = (self._checked(np.asarray(each)[None])[0] for each in (first, second))
        steps = self.config.model.num_steps
        drawn = interpolation.interpolate(
            self._model_for(start, category),
            start,
            end,
            places=np.linspace(0, 1, num, dtype=np.float32),
            num_steps=steps,
        )
        return self._show("interpolation", drawn, f"{self.name}, T = {steps}")

    def classify(self, images: Images, *, seed: int = 0) -> list[str]:
        """The category of each image: the one that gives it the lowest bound.

        Args:
            images: Pixels from 0 to 1.
            seed: Seed for the noise.

        Returns:
            The name of a category for each image.

        Raises:
            LimnerError: The model is not class-conditional; or as for `reconstruct`.
        """
        if not self.categories:
            raise LimnerError(f"{self.name} is not class-conditional: it has no categories")
        return [self.categories[self._likeliest(image, seed)] for image in self._checked(images)]

    def evaluate(
        self,
        data: Dataset | None = None,
        *,
        split: SplitName = "test",
        protocol: Protocol = "honest",
        importance_samples: int | None = None,
        importance_images: int | None = None,
        seed: int = 0,
        other_data: bool = False,
    ) -> Evaluation:
        """Measure the bound (the negative ELBO) on a whole split.

        Args:
            data: The data set; None opens the one it was trained on.
            split: The split to measure.
            protocol: How the noise is made; only "honest" gives a bound.
            importance_samples: Number K of importance samples for each image, to estimate the
                importance-weighted bound (IWAE) as well.
            importance_images: Number of images, chosen at random, for the importance-weighted
                bound; None takes all of them.
            seed: Seed for the noise.
            other_data: Allow data that differ from the training data.

        Returns:
            Means over the split, in nats for each image.

        Raises:
            LimnerError: The data differ from the training data, or have another image size; or
                `importance_samples` is given for a protocol that gives no bound.

        Example:
            >>> limner.load("cat").evaluate(importance_samples=100).importance_bound
        """
        data = open_dataset(self.config.data, self.config.model.shape) if data is None else data
        if data.shape != self.model.shape:
            raise LimnerError(f"{self.name} draws {self.model.shape}, the images are {data.shape}")
        if self.data is not None and not other_data:
            self.data.check(data.fingerprint(), of=self.name)
        with progress_bar("evaluating") as advance:
            return evaluate(
                self.model,
                data,
                num_steps=self.config.model.num_steps,
                binarisation=self.config.data.binarisation,
                protocol=protocol,
                split=split,
                importance_samples=importance_samples,
                importance_images=importance_images,
                seed=seed,
                on_progress=advance,
            )

    def save(self, folder: str | Path) -> Path:
        """Write a run folder, which every command takes; useful after a training in memory.

        Args:
            folder: Folder to write; it is made if missing, and must not hold another run.

        Returns:
            The path of the folder.

        Raises:
            LimnerError: The folder cannot be written, or holds another run.
        """
        run = Run.create(folder, self.config)
        run.save_model(self.model)
        run.write_metrics(self.metrics)
        if self.data is not None:
            run.claim(self.data)
        return run.folder

    def _show(self, kind: Kind, drawn: drawings.Drawings, detail: str, **more: Any) -> Show:
        sizes = self.config.model
        return Show(
            kind,
            drawn,
            detail,
            read_grid=getattr(self.model.read, "grid", sizes.read_grid),
            write_grid=getattr(self.model.write, "grid", sizes.write_grid),
            **more,
        )

    def _steps(self, num_steps: int | None) -> int:
        steps = self.config.model.num_steps if num_steps is None else num_steps
        _check(steps >= 1, "num_steps", steps, "at least 1")
        return steps

    def _checked(self, images: Any) -> Float[np.ndarray, "b c h w"]:
        """Check images, and give them the axes that the model takes."""
        array = np.asarray(images, np.float32)
        if array.ndim == 3 and self.model.shape[0] == 1:
            array = array[:, None]
        if array.ndim != 4 or array.shape[1:] != self.model.shape:
            raise LimnerError(
                f"{self.name} takes images of shape {self.model.shape} (channels, height, width), "
                f"not {np.shape(images)[1:]}"
            )
        if array.size and not (array.min() >= 0 and array.max() <= 1):
            raise LimnerError("pixels are from 0 to 1, 1 for ink: divide levels by 255")
        return array

    def _index(self, category: str) -> int:
        return category_index(self.config, category, of=self.name)

    def _likeliest(self, image: Float[np.ndarray, "c h w"], seed: int = 0) -> int:
        steps = self.config.model.num_steps
        return classify.likeliest_category(self.model, image, num_steps=steps, seed=seed)

    def _indices(
        self, images: Float[np.ndarray, "b c h w"], category: str | Sequence[str] | None
    ) -> np.ndarray | None:
        """Index of the category of each image; None if the model is not class-conditional."""
        if category is None:
            if not self.categories:
                return None
            return np.array([self._likeliest(image) for image in images], int)
        names = [category] * len(images) if isinstance(category, str) else category
        _check(len(names) == len(images), "category", names, f"one for each of {len(images)}")
        return np.array([self._index(name) for name in names], int)

    def _model_for(self, image: Float[np.ndarray, "c h w"], category: str | None) -> Draw:
        """The network for images like `image`."""
        found = self._indices(image[None], category)
        return self.model if found is None else self.model.of(int(found[0]))


def _check(ok: bool, what: str, given: Any, allowed: str) -> None:
    if not ok:
        raise LimnerError(f"{what} is {given!r}: it must be {allowed}")
