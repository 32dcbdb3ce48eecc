"""DRAW: the network looks at a picture and at what it has drawn, and draws a little more.

    error    = image - sigmoid(canvas)                          eq. 3
    glimpse  = read(image, error, hidden_dec)                   eq. 4
    encoder  = LSTM_enc([glimpse, hidden_dec])                  eq. 5
    z        ~ Q(z | hidden_enc)                                eqs 1, 2, 6
    decoder  = LSTM_dec(z)                                      eq. 7
    canvas  += write(hidden_dec)                                eq. 8

T times over; sigmoid(canvas) are then the pixels' probabilities. To generate, z is drawn from
N(0, I) and the first four lines fall away (eqs 13-16).

Everything is written for one picture; batches are `jax.vmap`'s business. Noise is an argument,
never drawn inside: whoever calls decides how it is made, and its length is the number of steps.

Axis letters: t step, z latent, c channel, h w picture, d hidden.

Source: Gregor et al. 2015, section 2.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from limner.attention import Window
from limner.distributions import Gaussian, standard_gaussian
from limner.glimpse import AttentiveRead, AttentiveWrite, FullRead, FullWrite
from limner.lstm import LSTM, LSTMState


class State(NamedTuple):
    """What one step hands to the next; the canvas holds logits."""

    canvas: Float[Array, "c h w"]
    encoder: LSTMState
    decoder: LSTMState


class Step(NamedTuple):
    """What can be seen of one step; a window is None where there is no attention.

    A step of generation has no posterior and reads nothing.
    """

    canvas: Float[Array, "*t c h w"]
    latent: Float[Array, "*t z"]
    posterior: Gaussian | None
    read_window: Window | None
    write_window: Window | None


class Draw(eqx.Module):
    """The Deep Recurrent Attentive Writer.

    Differs from the paper: nothing in the equations; the LSTMs have no peepholes, about which the
    paper is silent.
    """

    read: AttentiveRead | FullRead
    write: AttentiveWrite | FullWrite
    encoder: LSTM
    decoder: LSTM
    posterior: eqx.nn.Linear
    start: State | None
    shape: tuple[int, int, int] = eqx.field(static=True)
    latent_size: int = eqx.field(static=True)

    def __init__(
        self,
        *,
        height: int,
        width: int,
        channels: int = 1,
        latent_size: int,
        hidden_size: int,
        read_grid: int | None,
        write_grid: int | None,
        learned_start: bool = True,
        first_std: float = 1.0,
        key: PRNGKeyArray,
    ):
        """A network with fresh weights.

        Args:
            height: Of the picture, pixels.
            width: Of the picture, pixels.
            channels: Of the picture.
            latent_size: Z, latents a step.
            hidden_size: Units of each LSTM.
            read_grid: N of the reading window; None reads without attention.
            write_grid: N of the writing window; None writes without attention.
            learned_start: Whether the first canvas and states are learned; else they are zero.
            first_std: Width of the windows' filters before training, pixels.
            key: Of the weights.
        """
        read_key, write_key, encoder_key, decoder_key, posterior_key = jax.random.split(key, 5)
        self.shape = shape = (channels, height, width)
        self.latent_size = latent_size
        self.read = (
            FullRead(shape)
            if read_grid is None
            else AttentiveRead(shape, hidden_size, read_grid, first_std, key=read_key)
        )
        self.write = (
            FullWrite(shape, hidden_size, key=write_key)
            if write_grid is None
            else AttentiveWrite(shape, hidden_size, write_grid, first_std, key=write_key)
        )
        self.encoder = LSTM(self.read.glimpse_size + hidden_size, hidden_size, key=encoder_key)
        self.decoder = LSTM(latent_size, hidden_size, key=decoder_key)
        self.posterior = eqx.nn.Linear(hidden_size, 2 * latent_size, key=posterior_key)
        self.start = self._zero_state() if learned_start else None

    def starting_from(self, image: Float[Array, "c h w"]) -> "Draw":
        """The network with a first canvas that shows `image`, pixels above 0 and below 1.

        Without a learned start it stays as it is.
        """
        if self.start is None:
            return self
        canvas = jnp.log(image) - jnp.log1p(-image)
        return eqx.tree_at(lambda model: model.start.canvas, self, canvas)

    def infer(self, image: Float[Array, "c h w"], noise: Float[Array, "t z"]) -> tuple[State, Step]:
        """Draw `image` from looks at it: latents come from the posterior.

        Args:
            image: Pixels from 0 to 1.
            noise: Standard normal, one row for each step.

        Returns:
            The state after the last step, and all steps stacked on axis t.

        Source: eqs 3-8.
        """
        return jax.lax.scan(lambda state, noise: self.step(state, noise, image), self.first, noise)

    def generate(self, noise: Float[Array, "t z"]) -> tuple[State, Step]:
        """Draw from nothing: latents come from the prior, of which `noise` is a draw.

        Returns:
            The state after the last step, and all steps stacked on axis t.

        Source: eqs 13-16.
        """
        return jax.lax.scan(lambda state, noise: self.step(state, noise), self.first, noise)

    def step(
        self, state: State, noise: Float[Array, "z"], image: Float[Array, "c h w"] | None = None
    ) -> tuple[State, Step]:
        """One look and one write; without an image, only the write."""
        if image is None:
            encoder, posterior, read_window = state.encoder, None, None
            latent = standard_gaussian(self.latent_size).sample(noise)
        else:
            error = image - jax.nn.sigmoid(state.canvas)
            glimpse, read_window = self.read(image, error, state.decoder.hidden)
            encoder = self.encoder(jnp.concatenate([glimpse, state.decoder.hidden]), state.encoder)
            posterior = Gaussian(*jnp.split(self.posterior(encoder.hidden), 2))
            latent = posterior.sample(noise)
        decoder = self.decoder(latent, state.decoder)
        written, write_window = self.write(decoder.hidden)
        canvas = state.canvas + written
        return (
            State(canvas, encoder, decoder),
            Step(canvas, latent, posterior, read_window, write_window),
        )

    @property
    def first(self) -> State:
        """The state before the first step."""
        return self._zero_state() if self.start is None else self.start

    def _zero_state(self) -> State:
        return State(jnp.zeros(self.shape), self.encoder.zero_state(), self.decoder.zero_state())
