"""Importance-weighted bounds of many images: hours of work, so it can stop and go on.

    bound = log K - log sum over k of w_k        nats; w_k is an importance weight of the image

Some samples of some images are measured at a time, by one program whatever K is. The log of each
image's sum so far is all that is kept between them, and lies in a file while the work is not done.
Sample k of an image depends only on the seed, on the image's index in the split and on k, and sums
are added in the same order every time: so an evaluation that was interrupted ends with the same
bits as one that was not.

Axis letters: b image, k importance sample.

Source: Burda et al. 2016, eq. 8.
"""

import time
from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from limner.config import Binarisation
from limner.data.splits import Split
from limner.errors import Interrupted
from limner.evaluation.measure import Measure, Measurer
from limner.evaluation.unfinished import Unfinished
from limner.model.draw import Draw
from limner.model.objective import draw_noise, log_weight
from limner.system.interrupt import interruption

ROWS = 256
"""Images times samples that each device measures at a time."""
GROUP = 16
"""The largest number of samples of an image at a time."""
_SAVE_SECONDS = 10.0


def weighted_bounds(
    model: Draw,
    split: Split,
    *,
    num_steps: int,
    num_samples: int,
    binarisation: Binarisation,
    seed: int,
    indices: Int[np.ndarray, "b"],
    unfinished: Unfinished,
    on_progress: Callable[[int, int], None] = lambda done, resumed: None,
) -> Float[np.ndarray, "b"]:
    """The importance-weighted bound (IWAE) of images of a split, nats.

    Args:
        model: The network.
        split: The images.
        num_steps: Number of steps, T.
        num_samples: Number K of importance samples for each image.
        binarisation: How grey levels become targets.
        seed: Seed for the noise, and for dynamic binarisation.
        indices: Indices of the images in the split.
        unfinished: Where the sums of an evaluation of just these are kept until it is done.
        on_progress: Called with the number of samples done, of all images, and with how many of
            them an earlier process did.

    Raises:
        Interrupted: Ctrl-C, SIGTERM or SIGHUP came; the sums are kept, and the same call goes on.
    """
    group = min(GROUP, 1 << (num_samples - 1).bit_length())
    at_once = ROWS // group * jax.device_count()
    measurer = Measurer(model, split, binarisation, seed, len(indices), at_once)
    measure = log_weights(num_steps, group)
    sums, done = unfinished.read(len(indices))
    resumed, saved = int(done.sum()), time.monotonic()
    with interruption() as stopped:
        on_progress(resumed, resumed)
        for some in measurer.chunks:
            images = measurer.images(indices[some])
            while (first := int(done[some][0])) < num_samples:
                if stopped():
                    raise Interrupted(
                        f"stopped at {done.sum():,} of {num_samples * len(indices):,} importance "
                        f"samples: {unfinished.keep(sums, done)}"
                    )
                block = measurer.measure(measure, images, len(sums[some]), np.int32(first))
                block = block[:, : num_samples - first].astype(np.float64)
                sums[some] = np.logaddexp(sums[some], np.logaddexp.reduce(block, axis=1))
                done[some] = first + block.shape[1]
                if time.monotonic() > saved + _SAVE_SECONDS:
                    unfinished.keep(sums, done)
                    saved = time.monotonic()
                on_progress(int(done.sum()), resumed)
    unfinished.remove()
    return np.log(num_samples) - sums


@cache
def log_weights(num_steps: int, group: int) -> Measure:
    """A measure: the log-weights of `group` importance samples from a first one on, nats."""

    def measure(
        model: Draw, image: Float[Array, "c h w"], key: PRNGKeyArray, first: Int[Array, ""]
    ) -> Float[Array, "k"]:
        def weigh(sample: Int[Array, ""]) -> Float[Array, ""]:
            noise = draw_noise(jax.random.fold_in(key, sample), num_steps, model.latent_size)
            return log_weight(model, image, noise)

        return jax.vmap(weigh)(first + jnp.arange(group))

    return measure
