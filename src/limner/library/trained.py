"""A trained network, wherever it came from, with everything it can draw and measure.

Axis letters: b image, c channel, h w image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from limner.config import Protocol, RunConfig
from limner.data.fingerprint import Fingerprint
from limner.errors import LimnerError, check_count
from limner.evaluation.classify import category_bounds, category_indices
from limner.figures.captions import Kind, settings
from limner.figures.charts import Curves
from limner.figures.media import Show
from limner.library import measuring
from limner.library.arguments import (
    Image,
    Images,
    check_sampling,
    checked_for,
    checked_mask,
    checked_one,
)
from limner.library.record import Record, write_record
from limner.model.draw import Draw
from limner.pretrained.card import Card
from limner.pretrained.hub import read_card
from limner.run import Run, category_index, model_categories
from limner.sampling import completion, drawings, interpolation
from limner.system.programs import programs_kept


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
    record: Record = field(repr=False)
    """What its training left behind: a run folder, or the like in memory."""

    @property
    def run(self) -> Run:
        """Its run folder.

        Raises:
            LimnerError: There is none, because it was trained in memory.
        """
        if not isinstance(self.record, Run):
            raise LimnerError(f"{self.name} was trained in memory: save it to have a run folder")
        return self.record

    @cached_property
    def card(self) -> Card | None:
        """The model card; None if the run was not exported."""
        return read_card(self.record.folder) if isinstance(self.record, Run) else None

    @cached_property
    def metrics(self) -> list[dict[str, Any]]:
        """The losses, one dictionary for each row of metrics.jsonl; an exported model has none."""
        return self.record.read_metrics()

    @cached_property
    def data(self) -> Fingerprint | None:
        """Fingerprint of the training data, if known."""
        return self.record.read_data()

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

    @programs_kept()
    def sample(
        self,
        num: int = 16,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        num_steps: int | None = None,
        category: str | None = None,
        protocol: Protocol = "honest",
    ) -> Show:
        """Draw samples from the prior: drawings that the model makes up.

        Args:
            num: Number of drawings.
            seed: Seed for the noise; drawing i depends only on (seed, i).
            temperature: Factor on the noise; below 1 the drawings are more alike.
            num_steps: Number of steps, T; None takes the T of training.
            category: One of `categories`; None draws all of them in turn.
            protocol: The noise. "honest": new noise at every step; "as-published": one noise vector
                for all steps, for a model that was trained that way.

        Returns:
            The samples, which show themselves in a notebook.

        Raises:
            LimnerError: The model does not have this category, or a number is out of range.

        Example:
            >>> limner.load("cat").sample(16, seed=1).save("cats.gif")
        """
        check_sampling(num, temperature)
        steps = self._steps(num_steps)
        index = None if category is None else category_index(self.config, category, of=self.name)
        drawn = drawings.sample(
            self.model,
            num=num,
            num_steps=steps,
            seed=seed,
            temperature=temperature,
            category=index,
            protocol=protocol,
        )
        labels = []
        if category is None and drawn.categories is not None:
            labels = [self.categories[index] for index in drawn.categories]
        return self._show(
            "samples",
            drawn,
            steps,
            protocol=protocol,
            labels=labels,
            category=category,
            seed=seed,
            temperature=temperature,
        )

    @programs_kept()
    def reconstruct(
        self,
        images: Images,
        *,
        seed: int = 0,
        num_steps: int | None = None,
        category: str | Sequence[str] | None = None,
        protocol: Protocol = "honest",
        what: str | None = None,
    ) -> Show:
        """Reconstruct images: look at them and draw them again (latents from the posterior).

        Args:
            images: Pixels from 0 to 1, 1 for ink; or levels from 0 to 255, as integers.
            seed: Seed for the noise; drawing i depends only on (seed, i).
            num_steps: Number of steps, T; None takes the T of training.
            category: Category of all images, or a sequence with one for each. With None, a
                class-conditional model takes the one that each image looks most like.
            protocol: The noise. "honest": new noise at every step; "as-published": one noise vector
                for all steps, for a model that was trained that way.
            what: What the images are, in the words of the caption, such as "test images".

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
            protocol=protocol,
        )
        return self._show(
            "reconstructions",
            drawn,
            steps,
            protocol=protocol,
            inputs=images,
            category=category if isinstance(category, str) else None,
            what=what,
            seed=seed,
        )

    @programs_kept()
    def complete(
        self,
        image: Image,
        num: int = 8,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        category: str | None = None,
        known: Bool[np.ndarray, "h w"] | None = None,
        what: str | None = None,
    ) -> Show:
        """Finish a drawing in several ways (inpainting); its ink stays.

        Args:
            image: What is drawn so far, at its position on the canvas; pixels from 0 to 1.
            num: Number of completions.
            seed: Seed for all random choices.
            temperature: Factor on the noise of the steps that are drawn from the prior.
            category: Category, for a class-conditional model; None takes the one that the image
                looks most like.
            known: Mask of the pixels that are given: they stay as they are, and no other is looked
                at. None takes those with ink, and all that touch them; of these the ink stays.
            what: What the image is, in the words of the caption, such as "my cat".

        Returns:
            The completions, which show themselves in a notebook.

        Raises:
            LimnerError: As for `reconstruct`; `num` is out of range; or `known` is no mask of the
                image's pixels.
        """
        check_sampling(num, temperature)
        one = self._checked_one(image)
        if known is not None:
            known = checked_mask(known, one.shape[1:])
            one = np.where(known, one, 0)
        model, category = self._model_for(one, category)
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
        return self._show(
            "completions",
            drawn,
            steps,
            category=category,
            what=what,
            seed=seed,
            temperature=temperature,
        )

    @programs_kept()
    def interpolate(
        self,
        first: Image,
        second: Image,
        num: int = 9,
        *,
        category: str | None = None,
        what: str | None = None,
    ) -> Show:
        """Draw the way from one image to another, by spherical interpolation (slerp) of latents.

        Args:
            first: Image to start from, pixels from 0 to 1.
            second: Image to end with, pixels from 0 to 1.
            num: Number of drawings, including both ends.
            category: Category, for a class-conditional model; None takes the one that the first
                image looks most like.
            what: What the images are, in the words of the caption, such as "a cat to a dog".

        Returns:
            The drawings in order, which show themselves in a notebook.

        Raises:
            LimnerError: As for `reconstruct`; or `num` is below 2.
        """
        check_count(num, "num", least=2)  # for both ends are drawn
        start, end = self._checked_one(first), self._checked_one(second)
        model, category = self._model_for(start, category)
        steps = self.config.model.num_steps
        drawn = interpolation.interpolate(
            model,
            start,
            end,
            places=np.linspace(0, 1, num, dtype=np.float32),
            num_steps=steps,
        )
        return self._show("interpolation", drawn, steps, category=category, what=what)

    @programs_kept()
    def classify(self, images: Images, *, seed: int = 0) -> list[str]:
        """The category of each image: the one that gives it the lowest bound.

        Args:
            images: Pixels from 0 to 1.
            seed: Seed for the noise.

        Returns:
            The name of a category for each image.

        Raises:
            LimnerError: As for `category_bounds`.
        """
        found = self.category_bounds(images, seed=seed).argmin(axis=1)
        return [self.categories[index] for index in found]

    @programs_kept()
    def category_bounds(self, images: Images, *, seed: int = 0) -> Float[np.ndarray, "b k"]:
        """The bound of each image under each category, for a class-conditional model.

        With the bound in the role of the negative log-likelihood and equal prior probabilities,
        Bayes' rule makes `softmax(-bounds)` the probabilities of the categories.

        Args:
            images: Pixels from 0 to 1.
            seed: Seed for the noise.

        Returns:
            Means over 16 draws of the noise, in nats; columns in the order of `categories`.

        Raises:
            LimnerError: The model is not class-conditional; or as for `reconstruct`.

        Example:
            >>> bounds = limner.load("sketches").category_bounds(images)
            >>> scipy.special.softmax(-bounds, axis=1)  # probabilities
        """
        if not self.categories:
            raise LimnerError(f"{self.name} is not class-conditional: it has no categories")
        images, steps = self._checked(images), self.config.model.num_steps
        return category_bounds(self.model, images, num_steps=steps, seed=seed)

    evaluate = measuring.evaluate
    losses = measuring.losses
    judge = measuring.judge

    def save(self, folder: str | Path) -> Path:
        """Write a run folder, which every command takes; useful after a training in memory.

        Args:
            folder: Folder to write; it is made if missing.

        Returns:
            The path of the folder.

        Raises:
            LimnerError: The folder cannot be written, or holds another run.
        """
        run = Run.create(folder, self.config)
        write_record(run, self.record, self.model)
        return run.folder

    def _show(
        self,
        kind: Kind,
        drawn: drawings.Drawings,
        num_steps: int,
        *,
        protocol: Protocol = "honest",
        inputs: Float[np.ndarray, "b c h w"] | None = None,
        labels: Sequence[str] = (),
        **said: Any,
    ) -> Show:
        """Drawings with their caption, for which the rest is said."""
        protocols = (self.config.train.protocol, protocol)
        sizes = self.config.model
        return Show(
            kind,
            drawn,
            settings(self.name, num_steps=num_steps, protocols=protocols, **said),
            read_grid=getattr(self.model.read, "grid", sizes.read_grid),
            write_grid=getattr(self.model.write, "grid", sizes.write_grid),
            inputs=inputs,
            labels=labels,
            ink_factor=measuring.ink_of(self.card),
        )

    def _steps(self, num_steps: int | None) -> int:
        if num_steps is None:
            return self.config.model.num_steps
        check_count(num_steps, "num_steps")
        return num_steps

    def _checked(self, images: Any) -> Float[np.ndarray, "b c h w"]:
        return checked_for(self.model.shape, images, of=self.name)

    def _checked_one(self, image: Any) -> Float[np.ndarray, "c h w"]:
        return checked_one(self.model.shape, image, of=self.name)

    def _indices(
        self, images: Float[np.ndarray, "b c h w"], category: str | Sequence[str] | None
    ) -> Int[np.ndarray, "b"] | None:
        return category_indices(self.model, self.config, images, category, of=self.name)

    def _model_for(
        self, image: Float[np.ndarray, "c h w"], category: str | None
    ) -> tuple[Draw, str | None]:
        """The network for images like `image`, and the category that it then draws."""
        found = self._indices(image[None], category)
        if found is None:
            return self.model, None
        return self.model.of(int(found[0])), self.categories[int(found[0])]
