"""How likely completions make what was hidden: half of unseen drawings, given the other half.

    python benchmarks/completion.py cat --split test

Of each drawing one half is known. Nats of the hidden half, from K drawings by the mean of their
likelihoods, which is above the true conditional cost in expectation: of completions, of samples
from the prior, of the mean training image; and of reconstructions, which saw the whole.
"""

from pathlib import Path

import numpy as np
import tyro
from jaxtyping import Bool, Float

from limner.config import SplitName
from limner.data.dataset import open_dataset
from limner.evaluation.bound import standard_error
from limner.pretrained.hub import find
from limner.sampling.completion import complete
from limner.sampling.drawings import reconstruct, sample


def main(
    run: tyro.conf.Positional[Path],
    split: SplitName = "valid",
    drawings: int = 200,
    num: int = 8,
) -> None:
    """Measure a run.

    Args:
        run: Run folder, or the name of a pretrained model.
        split: Of the drawings; settings are chosen on valid, and reported on test.
        drawings: How many.
        num: K.
    """
    there = find(run)
    model, num_steps = there.load_model(), there.config.model.num_steps
    dataset = open_dataset(there.config.data, shape=model.shape)
    unseen, train = dataset.split(split), dataset.split("train")
    images = unseen.levels(np.arange(min(drawings, len(unseen)))) / np.float32(255)
    mean = (train.levels(np.arange(min(4000, len(train)))) / 255).mean(0).clip(1e-3, 1 - 1e-3)
    _, height, width = model.shape
    for name, known in {
        "upper": np.arange(height)[:, None] < height / 2,
        "left": np.arange(width)[None] < width / 2,
    }.items():
        known = np.broadcast_to(known, (height, width))
        costs = {"mean image": [], "samples": [], "completions": [], "reconstructions": []}
        for seed, image in enumerate(images):
            completed = complete(
                model, image * known, num=num, num_steps=num_steps, seed=seed, known=known
            )
            made_up = sample(model, num=num, num_steps=num_steps, seed=seed)
            seen = reconstruct(model, np.stack([image] * num), num_steps=num_steps, seed=seed)
            for of, canvases in {
                "mean image": np.log(mean / (1 - mean))[None],
                "samples": made_up.canvases[-1],
                "completions": completed.canvases[-1],
                "reconstructions": seen.canvases[-1],
            }.items():
                costs[of].append(hidden_nats(canvases, image, known))
        print(f"given the {name} half of {len(images)} {split} drawings, {num} of each:")
        for of, nats in costs.items():
            error = standard_error(np.array(nats))
            print(f"  {of:<16}{np.mean(nats):8.1f} nats, standard error {error:.1f}")


def hidden_nats(
    canvases: Float[np.ndarray, "k c h w"],
    image: Float[np.ndarray, "c h w"],
    known: Bool[np.ndarray, "h w"],
) -> float:
    """-log of the mean likelihood of the hidden pixels."""
    log_probs = (image * canvases - np.logaddexp(0, canvases))[:, :, ~known].sum((1, 2))
    most = log_probs.max()
    return float(-most - np.log(np.exp(log_probs - most).mean()))


if __name__ == "__main__":
    tyro.cli(main)
