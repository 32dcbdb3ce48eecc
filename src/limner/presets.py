"""The settings with a name of their own."""

from types import MappingProxyType

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig

SKETCHES = (
    *("airplane", "alarm clock", "apple", "banana", "bear", "bee", "bicycle", "bird", "book"),
    *("boomerang", "car", "cat", "clock", "cloud", "cookie", "diamond", "dog", "donut", "duck"),
    *("eye", "fish", "flower", "frog", "headphones", "horse", "house", "house plant", "lion"),
    *("monkey", "moon", "rabbit", "rainbow", "sheep", "skull", "tractor", "tree"),
)
"""Categories of Quick, Draw! for one model."""

PRESETS = MappingProxyType(
    {
        "doodles": RunConfig(),
        # What a small network learns in a minute: few categories, told apart, with filters so wide
        # that each window sees much of the page from the first update on.
        "demo": RunConfig(
            model=ModelConfig(num_steps=10, hidden_size=128, initial_std=2.0, num_categories=4),
            data=DataConfig(categories=("car", "face", "fish", "house")),
            train=TrainConfig(updates=4_000, warmup_updates=100),
        ),
        "quickdraw": RunConfig(
            data=DataConfig(name="quickdraw", categories=("cat",)),
            train=TrainConfig(updates=10_000, batch_size=100, augment="mirror"),
        ),
        # One model for the categories, told apart: the sizes of the pretrained model, which took
        # several trainings, each from the weights of the one before.
        "sketches": RunConfig(
            model=ModelConfig(
                num_steps=32,
                hidden_size=400,
                write_grid=8,
                learned_prior=True,
                num_categories=len(SKETCHES),
            ),
            data=DataConfig(name="quickdraw", categories=SKETCHES),
            train=TrainConfig(updates=40_000, batch_size=100, augment="mirror"),
        ),
        # The 2018 study: TensorFlow 1's RMSprop, each gradient clipped by itself, zero first
        # states, biases at 0 (which are filters a pixel wide), one noise vector an image (which is
        # why its loss bounds nothing).
        "study": RunConfig(
            model=ModelConfig(learned_start=False, initial_std=1.0),
            data=DataConfig(name="quickdraw", categories=("cat",)),
            train=TrainConfig(
                updates=10_000,
                batch_size=100,
                optimiser="rmsprop",
                learning_rate=1e-3,
                schedule="constant",
                warmup_updates=0,
                clipping="per-variable",
                ema_decay=0.0,
                protocol="as-published",
            ),
        ),
        # Gregor et al. 2015, table 3: binarised MNIST, which is learned sooner with filters of
        # this width in both windows than with the default's.
        "mnist": RunConfig(
            model=ModelConfig(
                num_steps=64, latent_size=100, read_grid=2, write_grid=5, initial_std=2.7
            ),
            data=DataConfig(name="static-mnist", binarisation="static"),
            train=TrainConfig(updates=100_000, batch_size=128, learning_rate=3e-3),
        ),
    }
)
