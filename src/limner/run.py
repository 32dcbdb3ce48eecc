"""A run folder: everything a training leaves behind, and all that later commands need.

    config.json         what was asked for, strict
    checkpoints/        the last two training states and the best on the validation split
    metrics.jsonl       one object a line; the same command writes the same bytes
    sessions.jsonl      one object for each start of training: updates, seconds, machine
    data.json           a fingerprint of the training data
    before.json         how the weights that it began with were trained, if they were not new
    model.safetensors   the weights to evaluate: the average (EMA) at the best validation so far
    figures/            drawings, charts and their numbers

A file is written under a temporary name and renamed, so a reader finds it whole or not at all; each
carries a checksum, so damage is found when it is read. Training on makes again what it can. Of
several processes that train together only the first writes, to a folder that all of them see.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from filelock import FileLock, Timeout

from limner.config import Protocol, RunConfig, changed, essence, from_fields
from limner.data.dataset import Dataset, category_names
from limner.data.fingerprint import Fingerprint
from limner.errors import LimnerError, check_names, first_difference
from limner.model.draw import Draw, build_model
from limner.model.weights import load_weights, save_weights
from limner.system.checksums import read_checked, write_checked
from limner.system.distributed import agreement, by_leader, leader_first, leads
from limner.system.files import writing
from limner.system.home import at_home
from limner.system.journal import add_to_journal, read_journal, write_journal
from limner.text import quoted, suggested

LOSSES: dict[Protocol, tuple[str, str, str]] = {
    "honest": ("distortion", "rate", "bound"),
    "as-published": ("Lx", "Lz", "Lx+Lz"),
}
"""Names of distortion, rate and their sum in a row of metrics.jsonl, for each protocol."""

_SESSION_KEYS = ("from_update", "to_update", "seconds", "devices", "device", "machine")


@dataclass(frozen=True)
class Run:
    """A run folder and its configuration."""

    folder: Path
    config: RunConfig
    known_as: str | None = None
    """Name of a pretrained model or a repository, whose figures do not go into its folder."""

    @property
    def name(self) -> str:
        """Name of the model, or of the folder."""
        return self.known_as or self.folder.resolve().name

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def metrics(self) -> Path:
        """File of the losses by update."""
        return self.folder / "metrics.jsonl"

    @property
    def sessions(self) -> Path:
        """File with a row for each start of training."""
        return self.folder / "sessions.jsonl"

    @property
    def weights(self) -> Path:
        """File with the weights to evaluate."""
        return self.folder / "model.safetensors"

    @property
    def data(self) -> Path:
        """File with the fingerprint of the training data."""
        return self.folder / "data.json"

    @property
    def before(self) -> Path:
        """File that tells how the weights that it began with were trained."""
        return self.folder / "before.json"

    @property
    def figures(self) -> Path:
        """Folder for figures: RUN/figures, or limner-NAME in the working folder."""
        if self.known_as is None:
            return self.folder / "figures"
        return Path(f"limner-{self.known_as.partition('@')[0].rpartition('/')[2]}")

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that it tells apart, in its order; none if it is not class-conditional."""
        data = self.read_data() if self.config.model.num_categories else None
        return recorded_categories(self.config, data)

    @property
    def finished(self) -> bool:
        """Whether all updates and the last validation are done."""
        rows = self.read_metrics()
        last = (rows[-1]["kind"], rows[-1]["update"]) if rows else None
        return self.weights.exists() and last == ("valid", self.config.train.updates)

    @classmethod
    def open(cls, folder: str | Path) -> "Run":
        """Open a run that exists.

        Raises:
            LimnerError: The folder is not a run folder, or its configuration cannot be read.
        """
        folder = Path(folder)
        path = folder / "config.json"
        if not path.is_file():
            raise LimnerError(
                f"{folder} is not a run folder (no {path.name} in it): make one with "
                f"`{suggested('train --out', folder)}`"
            )
        return cls(folder, RunConfig.from_fields(read_checked(path), origin=str(path)))

    @classmethod
    def create(cls, folder: str | Path, config: RunConfig) -> "Run":
        """Make a run, or open the one that is there if it has the same settings.

        The run records its data by absolute paths, so that it can be used from any folder. The data
        root and the number of devices may differ: they do not change what is computed.

        Raises:
            LimnerError: The folder cannot be written, holds a run with other settings, or is not
                shared by all processes.
        """
        return leader_first(lambda: cls._create(Path(folder), _located(config)))

    @classmethod
    def _create(cls, folder: Path, config: RunConfig) -> "Run":
        if (folder / "config.json").exists():
            found = cls.open(folder)
            difference = first_difference(essence(_located(found.config)), essence(config))
            if difference:
                again = f"with `{suggested('train --out', folder)}` alone"
                if found.config.made_in_python:
                    again = "by the call that began it"
                raise LimnerError(
                    f"{folder} holds a run with other settings ({difference}): choose another "
                    f"--out, or resume it as it was {again}"
                )
            return cls(folder, config)
        if not leads():
            raise LimnerError(
                f"{folder} is not where process 0 made it: choose an --out on a file system that "
                "all processes share"
            )
        write_config(folder, config)
        return cls(folder, config)

    def read_data(self) -> Fingerprint | None:
        """Read the fingerprint of the training data; None if it is not known.

        Raises:
            LimnerError: The file is damaged.
        """
        if not self.data.exists():
            return None
        return from_fields(Fingerprint, read_checked(self.data), str(self.data))

    def check_data(self, found: Fingerprint) -> None:
        """Check that data are those the run was trained on, if that is known.

        An exported model may be measured on others: elsewhere a source may have more rows.

        Args:
            found: Fingerprint of the data.

        Raises:
            LimnerError: The data differ; the line says in what.

        Warns:
            Notice: They differ, and the run is an exported model.
        """
        known = self.read_data()
        if known is not None:
            is_exported = (self.folder / "card.json").exists()
            of = self.name if is_exported else self.folder
            known.check(found, of=of, strictly=not is_exported)

    def model_for(self, dataset: Dataset) -> Draw:
        """The network with the weights to evaluate, for the categories of a data set.

        Raises:
            LimnerError: As for `load_model` and `for_categories`.
        """
        return for_categories(self.load_model(), self.categories, dataset.categories, of=self.name)

    def claim(self, found: Fingerprint, other_data: bool = False) -> None:
        """Record the data of a new run, or check those of a run that resumes.

        Args:
            found: Fingerprint of the data.
            other_data: Accept data that differ, and record them instead.

        Raises:
            LimnerError: As for `check_data`; the folder cannot be written; or a class-conditional
                model would get other categories than it began with.
        """
        with agreement():
            if not other_data:
                self.check_data(found)
            elif self.data.exists() and self.categories not in ((), found.categories):
                raise LimnerError(
                    f"{self.folder} tells {len(self.categories)} categories apart, and these data "
                    "have others, or another order: train on them in another --out, with "
                    f"{quoted('--train.start-from', self.folder)}"
                )
            if leads():
                write_checked(self.data, dataclasses.asdict(found))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one training.

        Raises:
            LimnerError: Another training holds it.
        """
        with agreement():
            held = self._lock() if leads() else nullcontext()
        with held:
            yield

    def _lock(self) -> AbstractContextManager[Any]:
        with writing(self.folder):
            try:
                return FileLock(self.folder / ".lock", timeout=0).acquire()
            except Timeout:
                raise LimnerError(
                    f"{self.folder} is in use by another training: wait for it or stop it"
                ) from None

    def read_before(self) -> dict[str, Any] | None:
        """How the weights that it began with were trained; None if they were new.

        Raises:
            LimnerError: The file is damaged.
        """
        if not self.before.exists():
            return None
        return read_checked(self.before)

    def write_before(self, training: Mapping[str, Any]) -> None:
        """Write how the weights that it begins with were trained."""
        write_checked(self.before, training)

    def read_metrics(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl; none if it is not there.

        Raises:
            LimnerError: The file is damaged; the line says how to mend it.
        """
        advice = f"`{suggested('train --out', self.folder)}` makes it again"
        return read_journal(self.metrics, ("kind", "update"), advice)

    def read_sessions(self) -> list[dict[str, Any]]:
        """The rows of sessions.jsonl, likewise."""
        advice = "delete it, and how long training took is no longer known"
        return read_journal(self.sessions, _SESSION_KEYS, advice)

    @by_leader
    def write_metrics(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace metrics.jsonl."""
        write_journal(self.metrics, rows)

    @by_leader
    def add_metrics(self, row: Mapping[str, Any]) -> None:
        """Add a row to metrics.jsonl."""
        add_to_journal(self.metrics, row)

    @by_leader
    def add_session(self, row: Mapping[str, Any]) -> None:
        """Add a row to sessions.jsonl."""
        write_journal(self.sessions, [*self.read_sessions(), row])

    @by_leader
    def save_model(self, model: Draw) -> None:
        """Write the weights to evaluate."""
        save_weights(model, self.weights)

    def load_model(self, like: Draw | None = None) -> Draw:
        """The network with the weights to evaluate.

        Args:
            like: A network with the same structure, if the trained one was given in Python.

        Raises:
            LimnerError: There are no weights yet, or they are damaged or of other sizes; or the
                network was given in Python and `like` is None.
        """
        if not self.weights.exists():
            raise LimnerError(
                f"{self.folder} has no weights yet: run "
                f"`{suggested('train --out', self.folder)}` up to its first validation"
            )
        shapes = jax.eval_shape(
            lambda: build_model(self.config.model, jax.random.key(0)) if like is None else like
        )
        return load_weights(shapes, self.weights)


def write_config(folder: Path, config: RunConfig) -> None:
    """Write the config.json of a run folder.

    Raises:
        LimnerError: It cannot be written.
    """
    write_checked(folder / "config.json", config.to_fields())


def _located(config: RunConfig) -> RunConfig:
    """The same configuration with absolute paths of its data, which mean the same everywhere."""
    paths = {"data.root": config.data.root, "data.path": config.data.path}
    return changed(
        config, {name: path and at_home(path).absolute() for name, path in paths.items()}
    )


def model_categories(config: RunConfig) -> tuple[str, ...]:
    """The categories of a class-conditional model, in its order; empty for any other model.

    Raises:
        LimnerError: They are named by folders of the user's own images, which are missing.
    """
    num = config.model.num_categories
    if config.data.name == "mnist":  # the format's other files have more than ten
        return tuple(map(str, range(num)))
    return category_names(config.data) if num else ()


def recorded_categories(config: RunConfig, data: Fingerprint | None) -> tuple[str, ...]:
    """The same, by the record of the training data if there is one: folders may have moved."""
    if config.model.num_categories and data is not None:
        return data.categories
    return model_categories(config)


def for_categories(model: Draw, known: Sequence[str], names: Sequence[str], of: str) -> Draw:
    """The network for the categories of some data: fewer of its own, or in another order.

    They are found by their names. A network that is not class-conditional does not change.

    Args:
        model: The network.
        known: Names of its categories, in its order.
        names: Names of the categories of the data, in theirs.
        of: Name of the model, for error lines.

    Raises:
        LimnerError: The model does not know one of the names.
    """
    if model.categories is None or tuple(names) == tuple(known):
        return model
    check_names(names, known, of)
    return model.with_categories(jnp.eye(len(known))[np.array([known.index(x) for x in names])])


def category_index(config: RunConfig, name: str, of: str) -> int:
    """Index of a category among those of a class-conditional model.

    Args:
        config: Settings of the run.
        name: Name of the category.
        of: Name of the model, for error lines.

    Raises:
        LimnerError: The model is not class-conditional, or does not have this category.
    """
    names = model_categories(config)
    if not names:
        raise LimnerError(
            f"{of} is not class-conditional: it tells no categories apart, so leave out {name!r}"
        )
    check_names((name,), names, of)
    return names.index(name)
