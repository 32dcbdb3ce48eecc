"""What a run is: its model, its data and its training, as values that print themselves.

Every field carries its unit and its help text in the line below it; the command line is made from
them. `RunConfig` is written to a run folder as strict JSON: reading it back gives an equal value,
and an unknown or ill-typed key fails by name.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import dacite

from limner.errors import (
    LimnerError,
    check_choice,
    check_value,
    near,
    require_seed,
)
from limner.text import listed

Binarisation = Literal["grey", "threshold", "static", "dynamic"]
Ink = Literal["auto", "dark", "light"]
DataName = Literal["doodles", "quickdraw", "mnist", "static-mnist", "images", "arrays"]
Protocol = Literal["honest", "as-published"]
CellName = Literal["lstm", "dense"]
Augmentation = Literal["none", "mirror"]
Precision = Literal["highest", "tensorfloat32", "bfloat16"]
Order = Literal["bound", "surplus"]
Tracker = Literal["tensorboard", "wandb", "trackio"]
SplitName = Literal["train", "valid", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)

Format = Literal["raw", "simplified", "binary", "numpy_bitmap", "sketchrnn"]
"""The formats in which Quick, Draw! is published."""
FORMATS: tuple[Format, ...] = get_args(Format)

ExportFormat = Literal["idx", "npz", "npy", "png"]
"""The formats in which drawings are written."""


T = TypeVar("T")


def from_fields(kind: type[T], fields: Mapping[str, Any], origin: str) -> T:
    """A dataclass from its fields, none of them unknown or of another type.

    Raises:
        LimnerError: A field is unknown, missing or of another type; the line begins with `origin`
            and names it.
    """
    strict = dacite.Config(strict=True, cast=[tuple, Path])
    try:
        return dacite.from_dict(kind, fields, config=strict)
    except (TypeError, AttributeError) as error:
        raise LimnerError(f"{origin} does not hold settings: {error}") from None
    except dacite.WrongTypeError as error:
        kinds = get_args(error.field_type) or (error.field_type,)
        allowed = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
        raise LimnerError(
            f"{origin}: {error.field_path} is {error.value!r}: it must be {allowed}"
        ) from None
    except (dacite.DaciteError, LimnerError) as error:
        raise LimnerError(f"{origin}: {error}") from None


def written_by(wrote: Any) -> str:
    """What an error line says, in brackets, of a file that another version of limner wrote.

    Args:
        wrote: The version that the file names, if it is one.
    """
    here = version("limner")
    if not isinstance(wrote, str) or wrote == here or not re.fullmatch(r"[\w.+]{1,40}", wrote):
        return ""
    advice = ": upgrade limner" if _numbers(wrote) > _numbers(here) else ""
    return f" (written by limner {wrote}, this is {here}{advice})"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _settle(config: Any, part: str) -> None:
    """Make NumPy's numbers, texts and lists what a setting wants, and check the type of each."""
    for name, kind in get_type_hints(type(config)).items():
        value, what = getattr(config, name), f"{part}.{name}"
        if get_origin(kind) is Literal:
            check_choice(what, value, get_args(kind))
            continue
        kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
        types = tuple(get_origin(one) or one for one in kinds)
        if hasattr(value, "item"):
            value = value.item()
        elif isinstance(value, str) and Path in types:
            value = Path(value)
        elif isinstance(value, list) and tuple in types:
            value = tuple(value)
        object.__setattr__(config, name, value)
        check_value(_is_of(value, types), what, value, " or ".join(one.__name__ for one in types))


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    """Whether a value is of one of some types; a bool is no number, a whole number is a float."""
    if isinstance(value, bool):
        return bool in types
    return isinstance(value, (*types, int) if float in types else types)


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The sizes of a DRAW network."""

    height: int = 28
    """Height of the canvas, pixels."""
    width: int = 28
    """Width of the canvas, pixels."""
    channels: int = 1
    """Colour channels: 1 for ink, 3 for colour."""
    num_steps: int = 20
    """T, the number of steps; each step reads a glimpse and writes on the canvas."""
    latent_size: int = 10
    """Z, the number of latents at each step."""
    hidden_size: int = 256
    """Number of units in the encoder's cell, and in the decoder's."""
    read_grid: int | None = 5
    """N of the N x N reading window; None reads the whole image, without attention (eq. 17)."""
    write_grid: int | None = 5
    """N of the N x N writing window; None writes the whole canvas, without attention (eq. 18)."""
    learned_start: bool = True
    """Learn the first canvas (it begins as the mean training image) and the first LSTM states.
    Otherwise they are zero."""
    initial_std: float | None = None
    """Width (standard deviation) of the windows' filters before training, pixels. None takes 4/27
    of the distance between filters, and at least 1 pixel; that is 1 pixel for 5 x 5 filters over
    28 pixels. Has no effect with train.start_from."""
    cell: CellName = "lstm"
    """The recurrent cell: lstm; or dense, which has no memory. With dense cells, one step and no
    attention, the model is a variational autoencoder (VAE)."""
    learned_prior: bool = False
    """Let the prior of each step depend on the decoder's state. Otherwise it is N(0, I)."""
    network: str | None = None
    """Class names of a network that was given in Python; None for limner's own network."""
    num_categories: int = 0
    """Number of categories of a class-conditional model, which tells them apart; they are those of
    the data, in the same order. 0: the model is not class-conditional."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width

    def __post_init__(self):
        _settle(self, "model")
        for name in ("height", "width", "channels", "num_steps", "latent_size", "hidden_size"):
            value = getattr(self, name)
            check_value(value >= 1, f"model.{name}", value, "a whole number of at least 1")
        for name in ("read_grid", "write_grid"):
            value = getattr(self, name)
            check_value(
                value is None or value >= 1,
                f"model.{name}",
                value,
                "a whole number of at least 1, or None for no attention",
            )
        check_value(
            self.initial_std is None or self.initial_std > 0,
            "model.initial_std",
            self.initial_std,
            "above 0, or None for a part of the stride",
        )
        check_value(
            self.num_categories == 0 or (self.num_categories > 1 and self.learned_start),
            "model.num_categories",
            self.num_categories,
            "0, or at least 2 with a learned start",
        )


_HEEDED_BY: dict[str, tuple[DataName, ...]] = {
    "categories": ("doodles", "quickdraw", "images", "arrays"),
    "root": ("quickdraw", "mnist", "static-mnist"),
    "path": ("images",),
    "ink": ("images",),
    "binarisation": ("doodles", "quickdraw", "mnist", "images", "arrays"),
}
"""The data sets that heed a setting of DataConfig, of those settings that not all heed."""
_AS_LEFT_OUT = ((), None, "auto", "grey", "static")
"""The values of those settings that ask for nothing."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The drawings, and how their grey levels are used."""

    name: DataName = "doodles"
    """The data set. doodles needs no file; images are your own files (--data.path); arrays can only
    be given in Python."""
    categories: tuple[str, ...] = ()
    """Categories of doodles, of Quick, Draw! or of a folder of images, mixed in proportion to their
    sizes. None given: cat for quickdraw, otherwise all categories."""
    root: Path | None = None
    """For quickdraw, mnist and static-mnist: the data root, a folder laid out like the Quick, Draw!
    bucket. None takes $LIMNER_DATA, or else the user's cache folder."""
    path: Path | None = None
    """For images: a folder of image files, one image file, or a .npy array."""
    ink: Ink = "auto"
    """For images: whether the ink is dark or light; auto decides for each image."""
    binarisation: Binarisation = "grey"
    """How grey levels become targets. grey keeps levels/255; threshold cuts at one half; static
    draws each pixel at random once; dynamic draws it again each time the image is used. What
    static-mnist holds was drawn once, so there grey is static."""
    limit: int | None = None
    """Use only the first LIMIT drawings of each category."""

    def __post_init__(self):
        _settle(self, "data")
        if self.name == "static-mnist" and self.binarisation == "grey":
            object.__setattr__(self, "binarisation", "static")
        check_value(
            self.limit is None or self.limit >= 10,
            "data.limit",
            self.limit,
            "at least 10, so that each split has a drawing",
        )
        check_value(
            len(set(self.categories)) == len(self.categories),
            "data.categories",
            list(self.categories),
            "a list without repeats",
        )
        check_value(
            self.name != "images" or self.path is not None,
            "data.path",
            self.path,
            "a folder of images, an image file or a .npy file when data.name is images",
        )
        for key, names in _HEEDED_BY.items():
            value = getattr(self, key)
            if self.name not in names and value not in _AS_LEFT_OUT:
                where = f"unless data.name is {listed(names, 'or')}"
                raise LimnerError(f"data.{key} is {value}: leave it out {where}")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the weights are trained."""

    updates: int = 2_000
    """Number of optimiser updates."""
    batch_size: int = 64
    """Number of images in each update."""
    optimiser: Literal["adam", "rmsprop", "given"] = "adam"
    """adam; rmsprop as in TensorFlow 1 (decay 0.9, epsilon 1e-10 inside the square root); given:
    an Optax optimiser given in Python, with its own learning rate and clipping."""
    learning_rate: float = 5e-3
    """Highest learning rate of the schedule."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Learning rate over time: cosine falls to 1/100 at the last update; constant does not fall."""
    warmup_updates: int = 200
    """Number of first updates in which the learning rate rises from zero; at most a tenth of all
    updates."""
    clipping: Literal["global", "per-variable"] = "global"
    """Gradient clipping: limit the norm of the whole gradient, or of each variable's gradient."""
    clip_norm: float = 5.0
    """Largest norm that gradient clipping allows."""
    ema_decay: float = 0.998
    """Decay of the exponential moving average (EMA) of the weights. The averaged weights are the
    ones that are evaluated; 0 turns averaging off."""
    protocol: Protocol = "honest"
    """honest: new noise at every step, and the loss is the negative ELBO, an upper bound on the
    negative log-likelihood. as-published: as the 2018 study did, one noise vector for all steps of
    an image, and the loss is not a bound."""
    augment: Augmentation = "none"
    """Data augmentation: mirror flips each training image left to right with probability 1/2, each
    time it is used."""
    start_from: Path | None = None
    """Start (fine-tune) from other weights: a run folder, the name of a pretrained model, or a
    Hugging Face repository. The model must be the same, except for model.num_steps,
    model.initial_std and model.num_categories: categories are found by their names, and one that is
    new begins as the mean of all. A model that is not class-conditional begins as the mean of the
    categories of its data."""
    precision: Precision = "highest"
    """Precision of the matrix products in training, on chips that offer a choice; sums stay in 32
    bits. Evaluation always uses the highest."""
    rematerialise: bool = False
    """Compute each step again in the backward pass instead of storing it (gradient checkpointing):
    slower, but needs less memory."""
    validate_every: int = 500
    """Number of updates between validations; each validation also saves a checkpoint."""
    seed: int = 0
    """Seed for the initial weights, the order of the images, and the noise."""
    devices: int | None = None
    """Largest number of devices to use in each process (on a CPU, one device per core). None uses
    as many as divide the batch evenly."""

    def __post_init__(self):
        _settle(self, "train")
        for name in ("updates", "batch_size", "validate_every"):
            value = getattr(self, name)
            check_value(value >= 1, f"train.{name}", value, "a whole number of at least 1")
        check_value(self.learning_rate > 0, "train.learning_rate", self.learning_rate, "above 0")
        check_value(self.clip_norm > 0, "train.clip_norm", self.clip_norm, "above 0")
        warmup = self.warmup_updates
        check_value(warmup >= 0, "train.warmup_updates", warmup, "at least 0")
        decay = self.ema_decay
        check_value(0 <= decay < 1, "train.ema_decay", decay, "at least 0 and below 1")
        require_seed(self.seed, "train.seed")
        check_value(
            self.devices is None or self.devices >= 1,
            "train.devices",
            self.devices,
            "a whole number of at least 1",
        )


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """All settings of a run: model, data and training."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    @property
    def made_in_python(self) -> bool:
        """Whether data, network or optimiser were given in Python, so that only Python resumes."""
        given = (self.data.name == "arrays", self.model.network, self.train.optimiser == "given")
        return any(given)

    def to_fields(self) -> dict[str, Any]:
        """The configuration as JSON has it, each field by its name, and limner's version."""
        return {"limner": version("limner")} | dataclasses.asdict(self)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], origin: str = "configuration") -> "RunConfig":
        """The configuration that `to_fields` gave.

        Args:
            fields: The fields.
            origin: Name of their source, for error lines.

        Raises:
            LimnerError: A key is unknown, missing or of the wrong type; the line names the key and
                the version of limner that wrote it; if that is newer than this one, it says to
                upgrade limner.
        """
        fields = dict(fields)
        hint = written_by(fields.pop("limner", None))
        config = from_fields(cls, fields, origin + hint)
        missing = [
            f"{part}.{key}"
            for part, section in dataclasses.asdict(config).items()
            for key in section
            if key not in fields.get(part, {})
        ]
        if missing:
            raise LimnerError(f"{origin}{hint} lacks {', '.join(missing)}: a file has all settings")
        return config


def changed(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """A configuration with some settings changed, each by its dotted name (`model.num_steps`).

    Raises:
        LimnerError: There is no such setting, or its value is refused.
    """
    known = dataclasses.asdict(config)
    for name, value in changes.items():
        part, _, field = name.partition(".")
        if field not in known.get(part, {}):
            every = [f"{part}.{field}" for part in known for field in known[part]]
            raise LimnerError(f"{name} is no setting{near(name, every)}")
        section = dataclasses.replace(getattr(config, part), **{field: value})
        config = dataclasses.replace(config, **{part: section})
    return config


def essence(config: RunConfig) -> dict[str, Any]:
    """The settings that decide what is computed, by dotted name."""
    nested = dataclasses.asdict(config)
    flat = {f"{part}.{key}": value for part in nested for key, value in nested[part].items()}
    del flat["data.root"], flat["train.devices"]
    return flat
