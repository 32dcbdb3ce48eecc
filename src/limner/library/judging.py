"""How good the samples of a trained network are: the method `Trained.judge`."""

from typing import TYPE_CHECKING

from limner.data.dataset import Dataset, open_dataset
from limner.evaluation.judgement import Judgement
from limner.evaluation.samples import judge_samples
from limner.pretrained.card import Card
from limner.system.progress import progress_bar

if TYPE_CHECKING:
    from limner.library.trained import Trained


def judge(
    trained: "Trained",
    samples: int = 100,
    *,
    data: Dataset | None = None,
    seed: int = 0,
    other_data: bool = False,
) -> Judgement:
    """Measure how good samples are: whether they are recognised, and like people's drawings.

    The judge is a small convolutional network that comes with limner, and has seen only what people
    drew. Drawings as ink have the factor on the card; without one, it is chosen on the validation
    split.

    Args:
        trained: The trained network.
        samples: Number of samples of each category; of all, if the network is not
            class-conditional.
        data: The data set; None opens the one it was trained on.
        seed: Seed for the noise.
        other_data: Allow data that differ from the training data.

    Returns:
        Shares and distances with standard errors; they show themselves in a notebook.

    Raises:
        LimnerError: The judge has not learned what the network draws, such as digits; or the data
            differ from the training data.

    Example:
        >>> limner.load("cat").judge(200).samples.recognised
    """
    config = trained.config
    data = open_dataset(config.data, config.model.shape) if data is None else data
    if trained.data is not None and not other_data:
        trained.data.check(data.fingerprint(), of=trained.name)
    with progress_bar("judging samples") as advance:
        return judge_samples(
            trained.model,
            data,
            config,
            each=samples,
            seed=seed,
            ink=ink_of(trained.card),
            of=trained.name,
            on_progress=advance,
        )


def ink_of(card: Card | None) -> float | None:
    """The factor on the logits that shows a model's drawings as ink, if its card gives one."""
    return card.samples.ink if card and card.samples else None
