"""How good a trained network is: the methods `evaluate`, `losses` and `judge` of `Trained`."""

from typing import TYPE_CHECKING

from limner.config import Protocol, SplitName
from limner.data.dataset import Dataset, open_dataset
from limner.errors import LimnerError, require_seed
from limner.evaluation import bound
from limner.evaluation.judgement import Judgement
from limner.evaluation.measure import estimate, one_sample
from limner.evaluation.result import Evaluation
from limner.evaluation.samples import judge_samples
from limner.library.arguments import check_kind
from limner.model.draw import Draw
from limner.model.objective import Loss
from limner.pretrained.card import Card
from limner.run import for_categories, recorded_categories
from limner.system.programs import programs_kept
from limner.system.progress import progress_bar

if TYPE_CHECKING:
    from limner.library.trained import Trained


@programs_kept()
def evaluate(
    trained: "Trained",
    data: Dataset | None = None,
    *,
    split: SplitName = "test",
    protocol: Protocol = "honest",
    importance_samples: int | None = None,
    importance_images: int | None = None,
    seed: int = 0,
    other_data: bool = False,
) -> Evaluation:
    """Measure the bound (the negative ELBO) on a whole split.

    Args:
        data: The data set; None opens the one it was trained on.
        split: The split to measure.
        protocol: How the noise is made; only "honest" gives a bound.
        importance_samples: Number K of importance samples for each image, to estimate the
            importance-weighted bound (IWAE) as well.
        importance_images: Number of images, chosen at random, for the importance-weighted
            bound; None takes all of them.
        seed: Seed for the noise.
        other_data: Allow data that differ from the training data.

    Returns:
        Means over the split, in nats for each image.

    Raises:
        Interrupted: Ctrl-C came during importance sampling; the same call goes on.
        LimnerError: The data differ from the training data, have another image size, or have a
            category that a class-conditional model does not know; or `importance_samples` is
            given for a protocol that gives no bound.

    Example:
        >>> limner.load("cat").evaluate(importance_samples=100).importance_bound
    """
    require_seed(seed, "seed")
    model, data = fitted(trained, data, other_data)
    with progress_bar("evaluating") as advance:
        advance(0, None, "compiling")
        return bound.evaluate(
            model,
            data,
            num_steps=trained.config.model.num_steps,
            binarisation=trained.config.data.binarisation,
            protocol=protocol,
            split=split,
            importance_samples=importance_samples,
            importance_images=importance_images,
            seed=seed,
            on_progress=advance,
        )


@programs_kept()
def losses(
    trained: "Trained",
    data: Dataset | None = None,
    *,
    split: SplitName = "test",
    protocol: Protocol = "honest",
    seed: int = 0,
    other_data: bool = False,
) -> Loss:
    """Distortion and rate of each image of a split, for statistics of your own.

    Two networks that are measured on the same images differ by less than their standard errors say:
    what counts is the standard error of the difference of each image.

    Args:
        data: The data set; None opens the one it was trained on.
        split: The split to measure.
        protocol: How the noise is made; only "honest" gives a bound.
        seed: Seed for the noise, which is that of `evaluate`.
        other_data: Allow data that differ from the training data.

    Returns:
        `distortion`, `rate` and `bound` of shape (images,), `rate_per_step` of (images, T), in
        nats, in the order of the split.

    Raises:
        LimnerError: As for `evaluate`.

    Example:
        >>> difference = one.losses(data).bound - other.losses(data).bound
        >>> difference.mean(), difference.std(ddof=1) / len(difference) ** 0.5
    """
    require_seed(seed, "seed")
    model, data = fitted(trained, data, other_data)
    config, images = trained.config, data.split(split)
    with progress_bar("measuring") as advance:
        return estimate(
            one_sample(config.model.num_steps, protocol),
            model,
            images,
            binarisation=config.data.binarisation,
            seed=seed,
            on_progress=lambda done: advance(done, len(images)),
        )


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
        LimnerError: The judge has not learned what the network draws, such as digits; the data
            differ from the training data; or they have a category that the network does not know.

    Example:
        >>> limner.load("cat").judge(200).samples.recognised
    """
    require_seed(seed, "seed")
    config = trained.config
    model, data = fitted(trained, data, other_data)
    with progress_bar("judging samples") as advance:
        return judge_samples(
            model,
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


def fitted(trained: "Trained", data: Dataset | None, other_data: bool) -> tuple[Draw, Dataset]:
    """The network and the data set to measure it on, which is given or that of its training.

    Of a class-conditional model it is the network for the categories of these data.

    Raises:
        LimnerError: Its images have another size; it differs from the training data, and that is
            not allowed; or it has a category that a class-conditional model does not know.

    Warns:
        Notice: It differs from the training data of an exported model.
    """
    check_kind("data", data, Dataset, "limner.Dataset.from_arrays(images)")
    sizes = trained.config.model.shape
    data = open_dataset(trained.config.data, sizes) if data is None else data
    if data.shape != sizes:
        raise LimnerError(f"{trained.name} draws {sizes}, the images are {data.shape}")
    if trained.data is not None and not other_data:
        trained.data.check(data.fingerprint(), of=trained.name, strictly=trained.card is None)
    known = recorded_categories(trained.config, trained.data)
    return for_categories(trained.model, known, data.categories, of=trained.name), data
