"""The categories that a run's model tells apart, by name.

A network knows them by number alone; the names are those of the data it was trained on.
"""

from limner.config import RunConfig
from limner.data.dataset import category_names
from limner.errors import LimnerError
from limner.words import check_names


def model_categories(config: RunConfig) -> tuple[str, ...]:
    """The categories that a run's model tells apart, in its order; none if it tells none.

    Raises:
        LimnerError: They are those of pictures of one's own, which are not there.
    """
    num = config.model.num_categories
    if config.data.name == "mnist":  # the format's other files have more than ten
        return tuple(map(str, range(num)))
    return category_names(config.data) if num else ()


def category_place(config: RunConfig, name: str, of: str) -> int:
    """A category's place among those that a run's model tells apart.

    Args:
        config: Of the run.
        name: The category's.
        of: What the model is called, for the error's line.

    Raises:
        LimnerError: The model tells none apart, or not this one.
    """
    names = model_categories(config)
    if not names:
        raise LimnerError(f"{of} tells no categories apart: leave {name!r} out")
    check_names((name,), names, of)
    return names.index(name)
