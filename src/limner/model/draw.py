"""DRAW: the network looks at an image and at what it has drawn, and draws a little more.

    error    = image - sigmoid(canvas)                          eq. 3
    glimpse  = read(image, error, hidden_dec)                   eq. 4
    encoder  = LSTM_enc([glimpse, hidden_dec])                  eq. 5
    z        ~ Q(z | hidden_enc)                                eqs 1, 2, 6
    decoder  = LSTM_dec(z)                                      eq. 7
    canvas  += write(hidden_dec)                                eq. 8

T times over; sigmoid(canvas) are then the probabilities of the pixels. This is amortised inference:
the encoder gives the posterior Q of any image without a search. To generate, z is drawn from the
prior, N(0, I), and the first four lines are left out (eqs 13-16).

Everything is written for one image; batches are `jax.vmap`'s business. Noise is an argument,
never drawn inside: whoever calls decides how it is made, and its length is the number of steps.

Axis letters: t step, z latent, c channel, h w image, d hidden, g gates times d, k category.

Source: Gregor et al. 2015, section 2.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import logit
from jaxtyping import Array, Float, Int, PRNGKeyArray

from limner.config import CellName, ModelConfig
from limner.errors import LimnerError
from limner.model.attention import Window
from limner.model.cells import CELLS, Cell, aligned, hidden_units, zero_state
from limner.model.distributions import Gaussian, standard_gaussian
from limner.model.initialisers import linear, zero_linear
from limner.model.read_write import (
    AttentiveRead,
    AttentiveWrite,
    FullRead,
    FullWrite,
    Read,
    Write,
)


class State(NamedTuple):
    """The state that one step passes to the next: a canvas of logits, and both cells' states."""

    canvas: Float[Array, "c h w"]
    encoder: Any
    decoder: Any


class Step(NamedTuple):
    """Everything that can be seen of one step; a window is None where there is no attention.

    A step of generation has no posterior and no reading window.
    """

    canvas: Float[Array, "*t c h w"]
    latent: Float[Array, "*t z"]
    prior: Gaussian
    posterior: Gaussian | None
    read_window: Window | None
    write_window: Window | None


class Categories(eqx.Module):
    """The weights that each category has of its own: biases of both cells, and a first canvas.

    Such a bias does the work of an embedding of the category that is joined to the inputs of the
    cell: the product of the embedding with the cell's matrix.
    """

    encoder: Float[Array, "k g"]
    decoder: Float[Array, "k g"]
    canvas: Float[Array, "k c h w"]


class Draw(eqx.Module):
    """The Deep Recurrent Attentive Writer.

    Differs from the paper: nothing in the equations; the LSTMs have no peepholes, about which the
    paper is silent. Two extensions are off by default: a learned prior N(W(h_dec)) instead of
    N(0, I), and categories (a class-conditional model), of which `of` chooses one.

    Reading, writing and the cells may be modules of your own: `Read`, `Write` and `Cell` say what
    they must do, and docs/your-own-read.ipynb is an example.

    Example:
        >>> key = jax.random.key(0)
        >>> model = Draw(height=28, width=28, latent_size=10, hidden_size=64, key=key)
        >>> final, steps = model.generate(jax.random.normal(key, (20, 10)))
    """

    read: Read
    write: Write
    encoder: Cell
    decoder: Cell
    posterior: eqx.nn.Linear
    prior: eqx.nn.Linear | None
    start: State | None
    categories: Categories | None
    shape: tuple[int, int, int] = eqx.field(static=True)
    latent_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)

    def __init__(
        self,
        *,
        height: int,
        width: int,
        channels: int = 1,
        latent_size: int,
        hidden_size: int,
        read_grid: int | None = 5,
        write_grid: int | None = 5,
        read: Read | None = None,
        write: Write | None = None,
        learned_start: bool = True,
        initial_std: float | None = None,
        cell: CellName | Callable[..., Cell] = "lstm",
        learned_prior: bool = False,
        num_categories: int = 0,
        key: PRNGKeyArray,
    ):
        """Make a network with new weights.

        Args:
            height: Height of the image, pixels.
            width: Width of the image, pixels.
            channels: Number of channels of the image.
            latent_size: Z, the number of latents at each step.
            hidden_size: Number of units in each cell.
            read_grid: N of the N x N reading window; None reads without attention.
            write_grid: N of the N x N writing window; None writes without attention.
            read: A module that reads, instead of limner's own; `read_grid` is then ignored.
            write: A module that writes, instead of limner's own; `write_grid` is then ignored.
            learned_start: Whether the first canvas and states are learned; otherwise they are zero.
            initial_std: Width (standard deviation) of the windows' filters before training, pixels;
                None takes a fraction of the stride (`limner.model.read_write.INITIAL_STD`).
            cell: The recurrent cell: a name, or a function that makes a cell from (input_size,
                hidden_size, key=key), such as `eqx.nn.GRUCell`.
            learned_prior: Whether the prior of each step depends on the decoder's state before it;
                it begins as N(0, I).
            num_categories: Number of categories of a class-conditional model, which needs a learned
                start; 0 for a model that is not class-conditional.
            key: Random key for the weights.

        Raises:
            ValueError: There are categories but no learned start, or cells without a bias; or a
                module of yours holds something that is neither an array nor static.
        """
        if num_categories and not learned_start:
            raise ValueError("categories need a learned start: their first canvases are learned")
        read_key, write_key, encoder_key, decoder_key, posterior_key = jax.random.split(key, 5)
        self.shape = shape = (channels, height, width)
        self.latent_size = latent_size
        self.hidden_size = hidden_size
        if read is not None:
            self.read = read
        elif read_grid is None:
            self.read = FullRead(shape)
        else:
            self.read = AttentiveRead(shape, hidden_size, read_grid, initial_std, key=read_key)
        if write is not None:
            self.write = write
        elif write_grid is None:
            self.write = FullWrite(shape, hidden_size, key=write_key)
        else:
            self.write = AttentiveWrite(shape, hidden_size, write_grid, initial_std, key=write_key)
        make_cell = cell if callable(cell) else CELLS[cell]
        looked_at = self.read.glimpse_size + hidden_size
        self.encoder = make_cell(looked_at, hidden_size, key=encoder_key)
        self.decoder = make_cell(latent_size, hidden_size, key=decoder_key)
        self.posterior = linear(hidden_size, 2 * latent_size, key=posterior_key)
        self.prior = zero_linear(hidden_size, 2 * latent_size) if learned_prior else None
        self.start = self._zero_state() if learned_start else None
        self.categories = self._new_categories(num_categories) if num_categories else None
        for path, leaf in jax.tree_util.tree_leaves_with_path(self):
            if not eqx.is_inexact_array(leaf):
                name = jax.tree_util.keystr(path)
                raise ValueError(
                    f"the network's{name} is {type(leaf).__name__}, which cannot be learned: "
                    "declare it with eqx.field(static=True)"
                )

    def starting_from(self, images: Float[Array, "k c h w"]) -> "Draw":
        """The network with first canvases that show `images`, pixels above 0 and below 1.

        Give one image for each category, or a single image where there are no categories. Without a
        learned start the network does not change.
        """
        if self.start is None:
            return self
        canvases = logit(images)
        if self.categories is None:
            return eqx.tree_at(lambda model: model.start.canvas, self, canvases[0])
        return eqx.tree_at(lambda model: model.categories.canvas, self, canvases)

    def of(self, category: Int[Array, ""] | int) -> "Draw":
        """The network for one category; the network itself if it is not class-conditional."""
        if self.categories is None:
            return self
        assert self.start is not None  # it is learned wherever there are categories
        own = jax.tree.map(lambda table: table[category], self.categories)
        cells: Any = (self.encoder, self.decoder)  # which have a bias wherever there are categories
        return eqx.tree_at(
            lambda model: (
                model.encoder.bias,
                model.decoder.bias,
                model.start.canvas,
                model.categories,
            ),
            self,
            (
                cells[0].bias + own.encoder,
                cells[1].bias + own.decoder,
                self.start.canvas + own.canvas,
                None,
            ),
        )

    def with_categories(self, shares: Float[Array, "k j"]) -> "Draw":
        """The network for K other categories, each a mixture of the J that it tells apart.

        Args:
            shares: What part of each new category each old one is. A new one has the weighted sum
                of their own weights; with J = 0, for a network that is not class-conditional, it
                has none yet.

        Example:
            >>> both = model.with_categories(jnp.array([[0.5, 0.5]])).of(0)  # not class-conditional
        """
        old = self._new_categories(0) if self.categories is None else self.categories
        new = jax.tree.map(lambda table: jnp.tensordot(shares, table, 1, precision="highest"), old)
        return eqx.tree_at(
            lambda model: model.categories, self, new, is_leaf=lambda leaf: leaf is None
        )

    def infer(self, image: Float[Array, "c h w"], noise: Float[Array, "t z"]) -> tuple[State, Step]:
        """Reconstruct `image`: look at it and draw it, with latents from the posterior.

        Args:
            image: Pixels from 0 to 1.
            noise: Standard normal, one row for each step; its length is T.

        Returns:
            The state after the last step, and all steps stacked on axis t.

        Raises:
            ValueError: The image or the noise has another shape, such as that of a batch.

        Source: eqs 3-8.
        """
        _check_shape("image", image, self.shape)
        _check_shape("noise", noise, (*noise.shape[:1], self.latent_size))
        model = self.aligned()
        return jax.lax.scan(lambda state, n: model.step(state, n, image), model.first, noise)

    def generate(self, noise: Float[Array, "t z"]) -> tuple[State, Step]:
        """Draw a sample: latents come from the prior.

        Args:
            noise: Standard normal, one row for each step; its length is T.

        Returns:
            The state after the last step, and all steps stacked on axis t.

        Raises:
            ValueError: The noise has another shape, such as that of a batch.

        Source: eqs 13-16.
        """
        _check_shape("noise", noise, (*noise.shape[:1], self.latent_size))
        model = self.aligned()
        return jax.lax.scan(lambda state, n: model.step(state, n), model.first, noise)

    def step(
        self, state: State, noise: Float[Array, "z"], image: Float[Array, "c h w"] | None = None
    ) -> tuple[State, Step]:
        """One look and one write; without an image, only the write."""
        prior = self._prior(state)
        if image is None:
            encoder, posterior, read_window = state.encoder, None, None
            latent = prior.sample(noise)
        else:
            drawn = jax.nn.sigmoid(state.canvas)
            hidden = hidden_units(state.decoder)
            glimpse, read_window = self._look(image, drawn, hidden)
            encoder = self.encoder(jnp.concatenate([glimpse, hidden]), state.encoder)
            posterior = Gaussian(*jnp.split(self.posterior(hidden_units(encoder)), 2))
            latent = posterior.sample(noise)
        decoder = self.decoder(latent, state.decoder)
        written, write_window = self.write(hidden_units(decoder))
        canvas = state.canvas + written
        return (
            State(canvas, encoder, decoder),
            Step(canvas, latent, prior, posterior, read_window, write_window),
        )

    @property
    def first(self) -> State:
        """The state before the first step."""
        if self.categories is not None:
            raise ValueError("this network is class-conditional: choose `model.of(category)`")
        return self._zero_state() if self.start is None else self.start

    def aligned(self) -> "Draw":
        """The same network with matrices that multiply faster; see `cells.aligned`."""
        cells = aligned(self.encoder), aligned(self.decoder)
        return eqx.tree_at(lambda model: (model.encoder, model.decoder), self, cells)

    @jax.checkpoint  # to compute this again costs less than to keep it for all steps
    def _look(
        self, image: Float[Array, "c h w"], drawn: Float[Array, "c h w"], hidden: Float[Array, "d"]
    ) -> tuple[Float[Array, "glimpse"], Window | None]:
        """The glimpse of an image and of its error, the image minus what is drawn: eqs 3, 4."""
        error = image - drawn
        return self.read(image, error, hidden)

    def _prior(self, state: State) -> Gaussian:
        if self.prior is None:
            return standard_gaussian(self.latent_size)
        return Gaussian(*jnp.split(self.prior(hidden_units(state.decoder)), 2))

    def _zero_state(self) -> State:
        encoder, decoder = (
            zero_state(cell, self.hidden_size) for cell in (self.encoder, self.decoder)
        )
        return State(jnp.zeros(self.shape), encoder, decoder)

    def _new_categories(self, count: int) -> Categories:
        encoder, decoder = (getattr(cell, "bias", None) for cell in (self.encoder, self.decoder))
        if encoder is None or decoder is None:
            raise ValueError("categories need cells with a bias: each category has one of its own")
        return Categories(
            encoder=jnp.zeros((count, *encoder.shape)),
            decoder=jnp.zeros((count, *decoder.shape)),
            canvas=jnp.zeros((count, *self.shape)),
        )


def _check_shape(what: str, given: Array, wanted: tuple[int, ...]) -> None:
    if given.shape != wanted:
        raise ValueError(
            f"{what} has shape {given.shape}: the network takes {wanted}, of one image, and "
            "jax.vmap makes it many"
        )


@partial(jax.jit, static_argnums=0)  # one program, not one for each array: training starts sooner
def build_model(config: ModelConfig, key: PRNGKeyArray) -> Draw:
    """A network of these sizes with new weights.

    Raises:
        LimnerError: The network was given in Python, so its sizes do not describe it.
    """
    sizes = dataclasses.asdict(config)
    if sizes.pop("network") is not None:
        raise LimnerError(
            f"this network was given in Python ({config.network}): give it again, with "
            "limner.load(RUN, model=...)"
        )
    del sizes["num_steps"]  # the network does not know it: it is the length of the noise
    return Draw(**sizes, key=key)
