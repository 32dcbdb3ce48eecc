"""What a run is: its model, its data and its training, as values that print themselves.

Every field carries its unit and its help text in the line below it; the command line is made from
them. `RunConfig` is written to a run folder as strict JSON: reading it back gives an equal value,
and an unknown or ill-typed key fails by name.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import dacite

from limner.errors import LimnerError, reason

Binarisation = Literal["grey", "threshold", "static", "dynamic"]
Ink = Literal["auto", "dark", "light"]
DataName = Literal["doodles", "quickdraw", "mnist", "static-mnist", "images", "arrays"]
Protocol = Literal["honest", "as-published"]
CellName = Literal["lstm", "dense"]
Augmentation = Literal["none", "mirror"]
Precision = Literal["highest", "tensorfloat32", "bfloat16"]
Order = Literal["bound", "surplus"]
SplitName = Literal["train", "valid", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)

Format = Literal["raw", "simplified", "binary", "numpy_bitmap", "sketchrnn"]
"""What Quick, Draw! is published as."""
FORMATS: tuple[Format, ...] = get_args(Format)

ExportFormat = Literal["idx", "npz", "npy", "png"]
"""What drawings are written as."""


T = TypeVar("T")


def parse_strictly(kind: type[T], text: str, origin: str) -> T:
    """A dataclass from the JSON of its fields, none of them unknown or of another type.

    Raises:
        LimnerError: As said; the line begins with `origin` and names the key.
    """
    return from_fields(kind, parse_object(text, origin), origin)


def parse_object(text: str, origin: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        LimnerError: The text is no JSON, or JSON of something else; the line begins with `origin`.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LimnerError(f"{origin} is no JSON ({reason(error)})") from None
    if not isinstance(found, dict):
        raise LimnerError(f"{origin} is no JSON object but a {type(found).__name__}")
    return found


def from_fields(kind: type[T], fields: Mapping[str, Any], origin: str) -> T:
    """A dataclass from its fields, as `parse_strictly`."""
    strict = dacite.Config(strict=True, cast=[tuple, Path])
    try:
        return dacite.from_dict(kind, fields, config=strict)
    except (TypeError, AttributeError) as error:
        raise LimnerError(f"{origin} does not hold settings: {error}") from None
    except (dacite.DaciteError, LimnerError) as error:
        raise LimnerError(f"{origin}: {error}") from None


def require_seed(seed: int, what: str) -> None:
    """Whether a number seeds all that draws by chance.

    Raises:
        LimnerError: It does not.
    """
    _require(0 <= seed < 2**32, what, seed, "from 0 to 4294967295")


def _require(ok: bool, what: str, given: Any, allowed: str) -> None:
    if not ok:
        raise LimnerError(f"{what} is {given!r}: it must be {allowed}")


def _require_choices(config: Any, part: str) -> None:
    """Whether each setting that is one of some words is one of them."""
    for name, kind in get_type_hints(type(config)).items():
        if get_origin(kind) is Literal:
            value, words = getattr(config, name), get_args(kind)
            _require(value in words, f"{part}.{name}", value, f"one of {', '.join(words)}")


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
    """T, the number of glimpses and of writes."""
    latent_size: int = 10
    """Z, the number of latents at each step."""
    hidden_size: int = 256
    """Units of the encoder's cell and of the decoder's."""
    read_grid: int | None = 5
    """N of the N x N reading window; None reads the whole picture (eq. 17)."""
    write_grid: int | None = 5
    """N of the N x N writing window; None writes the whole canvas (eq. 18)."""
    learned_start: bool = True
    """Learn the first canvas and LSTM states, from the mean training image on; otherwise they are
    zero."""
    initial_std: float | None = None
    """Width of the windows' filters before training, pixels; None for 4/27 of the stride between
    them (a pixel for 5 x 5 filters over 28 pixels), and at least a pixel. Of no
    effect with train.start_from."""
    cell: CellName = "lstm"
    """lstm; or dense, without memory, which with one step and no attention makes a variational
    autoencoder (VAE)."""
    learned_prior: bool = False
    """Let each step's prior depend on the decoder's state, instead of N(0, I)."""
    network: str | None = None
    """The classes of a network that was given in Python; None for limner's own."""
    num_categories: int = 0
    """Categories to tell apart, in the order of the data set's; 0 tells none."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width

    def __post_init__(self):
        _require_choices(self, "model")
        for name in ("height", "width", "channels", "num_steps", "latent_size", "hidden_size"):
            value = getattr(self, name)
            _require(value >= 1, f"model.{name}", value, "a whole number of at least 1")
        for name in ("read_grid", "write_grid"):
            value = getattr(self, name)
            _require(
                value is None or value >= 1,
                f"model.{name}",
                value,
                "a whole number of at least 1, or None for no attention",
            )
        _require(
            self.initial_std is None or self.initial_std > 0,
            "model.initial_std",
            self.initial_std,
            "above 0, or None for a part of the stride",
        )
        _require(
            self.num_categories == 0 or (self.num_categories > 1 and self.learned_start),
            "model.num_categories",
            self.num_categories,
            "0, or at least 2 with a learned start",
        )


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which drawings, and what becomes of their grey levels."""

    name: DataName = "doodles"
    """The data set: doodles needs no file; images are your own (--data.path). Arrays are given in
    Python alone."""
    categories: tuple[str, ...] = ()
    """Categories of doodles, of Quick, Draw! or of a folder of pictures, mixed as their counts are;
    none means cat for quickdraw, else all of them."""
    root: Path | None = None
    """Folder laid out as the Quick, Draw! bucket is; else $LIMNER_DATA, else the user's cache."""
    path: Path | None = None
    """For images: a folder of images, an image, or a .npy array."""
    ink: Ink = "auto"
    """For images: whether ink is dark or light; auto finds out for each image."""
    binarisation: Binarisation = "grey"
    """grey keeps levels/255 as targets; threshold cuts at one half; static draws each pixel once
    and for all; dynamic draws it anew at every visit."""
    limit: int | None = None
    """Use only the first rows of each category."""

    def __post_init__(self):
        _require_choices(self, "data")
        is_tuple = isinstance(self.categories, tuple)
        _require(is_tuple, "data.categories", self.categories, "a tuple of names")
        _require(
            self.limit is None or self.limit >= 10,
            "data.limit",
            self.limit,
            "at least 10, so that each split has a drawing",
        )
        _require(
            len(set(self.categories)) == len(self.categories),
            "data.categories",
            list(self.categories),
            "a list without repeats",
        )
        _require(
            self.name != "images" or self.path is not None,
            "data.path",
            self.path,
            "a folder of images, an image or a .npy file when data.name is images",
        )
        _require(
            self.name == "images" or self.path is None,
            "data.path",
            str(self.path),
            "left out unless data.name is images",
        )
        _require(
            self.name == "images" or self.ink == "auto",
            "data.ink",
            self.ink,
            "left out unless data.name is images",
        )
        _require(
            self.name in ("doodles", "quickdraw", "images", "arrays") or not self.categories,
            "data.categories",
            list(self.categories),
            "left out unless data.name is doodles, quickdraw, images or arrays",
        )


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the weights are found."""

    updates: int = 2_000
    """Updates of the weights."""
    batch_size: int = 64
    """Images an update."""
    optimiser: Literal["adam", "rmsprop", "given"] = "adam"
    """adam; rmsprop as TensorFlow 1 has it (decay 0.9, epsilon 1e-10 inside the root); or given in
    Python, with its own learning rate and clipping."""
    learning_rate: float = 5e-3
    """Step size at its highest."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """cosine falls to a hundredth at the last update."""
    warmup_updates: int = 200
    """Updates over which the learning rate rises from zero; a tenth of all, if that is fewer."""
    clipping: Literal["global", "per-variable"] = "global"
    """Bound the norm of the whole gradient, or of each variable's."""
    clip_norm: float = 5.0
    """The bound on that norm."""
    ema_decay: float = 0.998
    """Decay of the exponential moving average (EMA) of the weights, which is what is evaluated; 0
    for none."""
    protocol: Protocol = "honest"
    """honest: new noise at every step. as-published: one noise vector an image for all steps, and
    a loss that bounds nothing."""
    augment: Augmentation = "none"
    """Data augmentation: mirror flips each training image, at each visit, as a coin falls."""
    start_from: Path | None = None
    """Run folder whose weights to begin with, of the same model but for model.num_steps and
    model.initial_std."""
    precision: Precision = "highest"
    """Of training's matrix products, where the chip has a choice; sums stay in 32 bits. What is
    measured is measured at the highest."""
    rematerialise: bool = False
    """Compute each step again in the backward pass instead of keeping it: slower, less memory."""
    validate_every: int = 500
    """Updates between measurements on the validation split (and between checkpoints)."""
    seed: int = 0
    """Of the first weights, the order of the images, and the noise."""
    devices: int | None = None
    """Devices of each process that share its part of a batch; none means all that divide it (on a
    CPU, one a core)."""

    def __post_init__(self):
        _require_choices(self, "train")
        for name in ("updates", "batch_size", "validate_every"):
            value = getattr(self, name)
            _require(value >= 1, f"train.{name}", value, "a whole number of at least 1")
        _require(self.learning_rate > 0, "train.learning_rate", self.learning_rate, "above 0")
        _require(self.clip_norm > 0, "train.clip_norm", self.clip_norm, "above 0")
        _require(
            self.warmup_updates >= 0, "train.warmup_updates", self.warmup_updates, "at least 0"
        )
        _require(
            0 <= self.ema_decay < 1,
            "train.ema_decay",
            self.ema_decay,
            "at least 0 and below 1",
        )
        require_seed(self.seed, "train.seed")
        _require(
            self.devices is None or self.devices >= 1,
            "train.devices",
            self.devices,
            "a whole number of at least 1",
        )


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """A whole run."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def to_json(self) -> str:
        """The configuration as indented JSON, each field by its name, and limner's version."""
        fields = {"limner": version("limner")} | dataclasses.asdict(self)
        return json.dumps(fields, indent=2, default=str) + "\n"

    @classmethod
    def from_json(cls, text: str, origin: str = "configuration") -> "RunConfig":
        """Read what `to_json` wrote.

        Args:
            text: The JSON.
            origin: Where it comes from, for the error's line.

        Raises:
            LimnerError: The text is not JSON, or a key is unknown, missing or of the wrong type;
                the line names the key, and the version of limner that wrote it.
        """
        fields = parse_object(text, origin)
        wrote, here = fields.pop("limner", None), version("limner")
        hint = f" (written by limner {wrote}, this is {here})" if wrote != here else ""
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
    """A configuration with some settings changed, each by its dotted name (`model.num_steps`)."""
    for name, value in changes.items():
        part, field = name.split(".")
        section = dataclasses.replace(getattr(config, part), **{field: value})
        config = dataclasses.replace(config, **{part: section})
    return config


def essence(config: RunConfig) -> dict[str, Any]:
    """The settings that decide what is computed, by dotted name."""
    nested = dataclasses.asdict(config)
    flat = {f"{part}.{key}": value for part in nested for key, value in nested[part].items()}
    del flat["data.root"], flat["train.devices"]
    return flat
