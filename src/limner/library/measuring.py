"""How good a trained network is: the data to measure it on, and the method `Trained.judge`."""

from typing import TYPE_CHECKING

from limner.data.dataset import Dataset, open_dataset
from limner.errors import LimnerError
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
    data = data_of(trained, data, other_data)
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


def data_of(trained: "Trained", data: Dataset | None, other_data: bool) -> Dataset:
    """The data set to measure a network on: the one that is given, or that of its training.

    Raises:
        LimnerError: Its images have another size; or it differs from the training data, and that is
            not allowed.

    Warns:
        Notice: It differs from the training data of an exported model.
    """
    sizes = trained.config.model.shape
    data = open_dataset(trained.config.data, sizes) if data is None else data
    if data.shape != sizes:
        raise LimnerError(f"{trained.name} draws {sizes}, the images are {data.shape}")
    if trained.data is not None and not other_data:
        trained.data.check(data.fingerprint(), of=trained.name, strictly=trained.card is None)
    return data
