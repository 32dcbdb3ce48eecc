"""A read of one's own: bilinear samples on a grid, in place of Gaussian filters.

DRAW looks through N x N Gaussian filters. Here it takes the image's value at N x N points instead,
interpolated between the four pixels around each, as spatial transformers do (Jaderberg et al.,
2015). What DRAW asks of a module that reads is little: `glimpse_size`, and a call that takes the
image, the error image and the decoder's hidden units, and gives a glimpse and the window to show,
or None.

    python examples/bilinear_read.py
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

import limner


class BilinearRead(eqx.Module):
    """Sees the image and the error image at the points of a grid that the decoder moves."""

    where: eqx.nn.Linear
    grid: int = eqx.field(static=True)
    glimpse_size: int = eqx.field(static=True)

    def __init__(self, channels: int, hidden_size: int, grid: int, *, key):
        self.where = eqx.nn.Linear(hidden_size, 3, key=key)
        self.grid = grid
        self.glimpse_size = 2 * channels * grid**2

    def __call__(self, image, error, hidden):
        """Samples of both images, (2 c grid grid) in a row; no window is shown."""
        x, y, log_size = self.where(hidden)
        height, width = image.shape[-2:]
        steps = jnp.linspace(-1, 1, self.grid) * jnp.exp(log_size)
        rows = (y + steps + 1) / 2 * (height - 1)
        columns = (x + steps + 1) / 2 * (width - 1)
        points = jnp.meshgrid(rows, columns, indexing="ij")

        def look(channel):
            return jax.scipy.ndimage.map_coordinates(channel, points, order=1)

        return jax.vmap(look)(jnp.concatenate([image, error])).ravel(), None


def main(updates: int = 300) -> limner.Trained:
    """Train on doodles, and write what the network draws."""
    doodles = limner.open_dataset(limner.DataConfig(categories=("house", "fish")))
    read_key, model_key = jax.random.split(jax.random.key(0))
    model = limner.Draw(
        height=28,
        width=28,
        latent_size=10,
        hidden_size=64,
        read=BilinearRead(1, 64, 5, key=read_key),
        cell=eqx.nn.GRUCell,
        key=model_key,
    )
    run = limner.train(doodles, model=model, optimiser=optax.adam(2e-3), steps=updates)
    print(f"bound on the test split: {run.evaluate(doodles).bound:.1f} nats")
    images = doodles.split("test").levels(np.arange(8)) / np.float32(255)
    run.reconstruct(images).save("bilinear-read.png")
    return run


if __name__ == "__main__":
    main()
