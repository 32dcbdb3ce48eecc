"""`limner demo`: the first minutes with limner, from drawings to a network of one's own."""

import sys
from pathlib import Path

from limner.cli.common import prepare
from limner.cli.draw import reconstruct, sample
from limner.cli.terminal import show
from limner.cli.train import train_run
from limner.config import changed
from limner.presets import PRESETS
from limner.text import listed, quoted

SHOWN_FIRST = "cat"
"""The pretrained model that draws first, before anything has been trained."""

TEMPERATURE = 0.8
"""After so short a training, samples look best a little closer to the middle of the prior."""


def demo(*, updates: int = PRESETS["demo"].train.updates, out: Path = Path("runs/demo")) -> None:
    """See it all in three minutes: a trained model draws, then one is trained, measured, and draws.

    Ctrl-C stops the training at a checkpoint; the same command resumes it.

    Args:
        updates: Number of optimiser updates; fewer take less time and give worse drawings.
        out: Run folder.
    """
    prepare()
    import numpy as np

    from limner.library.loading import load
    from limner.run import Run

    config = changed(PRESETS["demo"], {"train.updates": updates})
    run = Run.create(out, config)
    folder = quoted(out)

    _announce(1, f"{SHOWN_FIRST}s by a model that comes with limner: some seconds")
    pretrained = load(SHOWN_FIRST).sample(16, seed=1)
    first = run.figures / f"{SHOWN_FIRST}s.png"
    pretrained.save(first)
    show(pretrained.probabilities[-1])
    print(first)

    categories = config.data.categories
    _announce(
        2,
        f"training a small network on doodles ({listed(categories)}): "
        "some 100 seconds of processor time, which the cores share",
    )
    _, outcome = train_run(out, config)
    if not outcome.finished:
        as_long = "" if config == PRESETS["demo"] else f" --updates {updates}"
        print(f"to resume: limner demo --out {folder}{as_long}")
        return

    _announce(3, "measuring it on doodles that it has not seen: some seconds")
    trained = load(out)
    found = trained.evaluate()

    _announce(4, "drawing: some seconds")
    files = [
        *sample(out, num=64, temperature=TEMPERATURE),
        *reconstruct(out, num=16),
        run.figures / "curves.png",
    ]
    of_each = [trained.sample(1, category=name, temperature=TEMPERATURE) for name in categories]
    show(np.concatenate([drawings.probabilities[-1] for drawings in of_each]))
    print(
        f"reached: a bound of {found.bound:.2f} ± {found.stderr:.2f} nats over {found.images:,} "
        f"test drawings (distortion {found.distortion:.2f}, rate {found.rate:.2f})"
    )
    print("files:", *(f"  {path}" for path in files), sep="\n")
    print(
        "try next:\n"
        f"  limner sample {folder} --seed 1               more doodles\n"
        f"  limner reconstruct {folder} --picture FILE    a drawing of your own, redrawn\n"
        "  limner sample sketches --category bicycle   one of the 36 things that it can draw\n"
        "  limner train quickdraw --out runs/cat       cats that people drew (fetches 97 MB)"
    )


def _announce(part: int, what: str) -> None:
    print(f"{part} of 4: {what}", file=sys.stderr, flush=True)
