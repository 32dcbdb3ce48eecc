"""The model card: what a model draws, how well, and what made it; as strict JSON and Markdown."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from limner.config import SplitName, from_fields, written_by
from limner.evaluation.judgement import Judgement
from limner.evaluation.result import Evaluation
from limner.text import listed, rounded, table

_CREDITS = {
    "quickdraw": "[Quick, Draw!](https://quickdraw.withgoogle.com/data) by Google, "
    "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)",
    "mnist": "[MNIST](http://yann.lecun.com/exdb/mnist) by Y. LeCun, C. Cortes and C. Burges",
    "static-mnist": "[MNIST](http://yann.lecun.com/exdb/mnist) by Y. LeCun, C. Cortes and "
    "C. Burges, with the fixed binarisation of H. Larochelle and I. Murray (2011)",
    "doodles": "made up by a program that comes with limner",
    "images": "images of whoever trained it; only they can say how the images may be used",
}

_FOR = {"train": "for training", "valid": "for validation", "test": "for the test"}

_TARGETS = {
    "grey": "grey levels, so the distortion is a cross-entropy and no bound is below the floor",
    "threshold": "ink or no ink, cut at one half",
    "static": "ink or no ink, each pixel drawn at random once",
    "dynamic": "ink or no ink, each pixel drawn at random at every visit",
}


CHECK_TOLERANCE = 0.05
"""Largest difference, in nats, of a bound that is measured again."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A bound that anyone can measure again in seconds, on the first few rows of each source."""

    limit: int
    """Number of first rows of each source, as in `data.limit`."""
    images: int
    """Number of test images among these rows."""
    bound: float
    """The bound over these images, from seed 0, nats."""

    def holds(self, found: Evaluation) -> bool:
        """Whether a second measurement agrees, apart from rounding."""
        return (
            found.images == self.images
            and found.bound is not None
            and abs(found.bound - self.bound) <= CHECK_TOLERANCE
        )


_OUT = re.compile(r"--out (?P<name>'[^']*'|\S+)")
_START = re.compile(r"--train\.start-from ('[^']*'|\S+)")


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the weights were trained."""

    command: str
    """The shortest command with the same settings."""
    updates: int
    """Number of optimiser updates."""
    seconds: float | None
    """Seconds of training, over all sessions; None if none is on record."""
    device: str
    """The kind of machine."""
    commit: str | None
    """The git commit of limner at the export, if it ran from a checkout."""
    versions: dict[str, str]
    """Versions of limner, JAX and NumPy at the export."""
    limner: str | None = None
    """Versions of limner that trained the model, as far as they are recorded."""
    before: "Training | None" = None
    """How the weights it began with were trained, if they were not new."""

    @property
    def lineage(self) -> list["Training"]:
        """This training, the one before it, and so on, back to new weights."""
        return [self, *(self.before.lineage if self.before else [])]

    @property
    def commands(self) -> str:
        """The commands to repeat it from new weights, one in each line.

        Each begins with the weights that the one before it left in its folder. Where folders had
        the same name, they are numbered.
        """
        commands = [one.command for one in reversed(self.lineage)]
        folders = [found["name"] if (found := _OUT.search(line)) else "" for line in commands]
        for number, name in enumerate(folders[:-1], start=1):
            if folders.count(name) > 1:
                own = f"{name}-{number}"
                commands[number - 1] = _OUT.sub(f"--out {own}", commands[number - 1])
                commands[number] = _START.sub(f"--train.start-from {own}", commands[number])
        return "\n".join(commands)

    @property
    def effort(self) -> str:
        """How many updates it took, how long and where."""
        took = "" if self.seconds is None else f" in {self.seconds:,.0f} s"
        return f"{self.updates:,} updates{took} on {self.device}"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A model card; its numbers were measured with the weights as they are stored."""

    name: str
    """Name of the model and of its folder."""
    title: str
    """What the model draws, in words."""
    splits: dict[SplitName, int]
    """Number of images in each split."""
    rows: dict[str, int]
    """Number of first rows used of each source; empty for data with official splits."""
    class_conditional: bool
    """Whether the model is given the category of each image; its bound then depends on it."""
    dtype: str
    """Type of the stored weights."""
    rounding: float | None
    """Change of the bound by rounding the weights, nats; None if they were not rounded."""
    evaluation: Evaluation
    """The evaluation on the test split."""
    check: Check
    """A quick evaluation, to check an installation."""
    training: Training
    """How the model was trained."""
    samples: Judgement | None = None
    """How good its samples are; None if the judge does not know what it draws, or was not asked."""

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], origin: str = "card") -> "Card":
        """The card that has these fields.

        Raises:
            LimnerError: They are not those of a card; the line begins with `origin` and names the
                key, and says to upgrade limner if a newer version wrote the card.
        """
        try:
            wrote = fields["training"]["versions"]["limner"]
        except (KeyError, TypeError):
            wrote = None
        return from_fields(cls, fields, origin + written_by(wrote))

    @property
    def bound(self) -> str:
        """The bound in words."""
        found = self.evaluation
        kind = found.binarisation
        if found.floor is not None:
            kind += f", floor {found.floor:.1f}"
        return f"{with_error(found.bound, found.stderr)} nats ({kind})"

    @property
    def split_counts(self) -> str:
        """The number of images in each split, in words."""
        return listed(f"{count:,} {_FOR[name]}" for name, count in self.splits.items())

    def facts(self) -> dict[str, str]:
        """What was measured and how the model was made, by name, in words."""
        found, training = self.evaluation, self.training
        facts = {
            "bound": f"{with_error(found.bound, found.stderr)} nats",
            "distortion": f"{found.distortion:.2f} nats",
            "rate": f"{found.rate:.2f} nats",
        }
        if found.floor is not None:
            facts["floor"] = f"{found.floor:.2f} nats, the entropy of the grey levels"
        if found.importance_bound is not None:
            facts[f"bound from {found.importance_samples:,} importance samples"] = (
                f"{with_error(found.importance_bound, found.importance_stderr)} nats"
            )
            if found.importance_images != found.images:
                facts["that is"] = (
                    f"over {found.importance_images:,} of the images, chosen at random; "
                    f"{found.importance_gain:.2f} below the bound of the same images"
                )
        return facts | {
            "T": f"{found.num_steps} steps",
            "trained": "; before that ".join(one.effort for one in training.lineage),
            "weights": self._weights(),
            "exported with": listed(self._exported_with()),
        }

    @property
    def quantiles(self) -> tuple[float, ...] | dict[str, tuple[float, ...]] | None:
        """Quantiles of the bounds of test images at 0, 1, 2, ... 100 %, nats.

        They are those of each category by its name if the model is class-conditional. None if they
        were not measured.
        """
        if not self.class_conditional:
            return self.evaluation.quantiles
        by_category = self.evaluation.by_category.items()
        return {name: of.quantiles for name, of in by_category if of.quantiles} or None

    @property
    def credit(self) -> str:
        """Where the data are from, in Markdown."""
        return _CREDITS[self.evaluation.data]

    def to_markdown(self) -> str:
        """The card as Markdown."""
        found, training = self.evaluation, self.training
        given = ""
        if self.class_conditional:
            given = " The model is class-conditional: it is given the category of each image."
        lines = "\n".join(f"| {name} | {fact} |" for name, fact in self.facts().items())
        return f"""# {self.name}

{self.title}: a pretrained [DRAW](https://arxiv.org/abs/1502.04623) network of limner.

```sh
limner sample {self.name}       # or the path of this folder
```

| on {found.images:,} test images | |
|---|---|
{lines}

The bound (the negative ELBO) is an upper bound on the negative log-likelihood of an image:
distortion plus rate, from one draw of the noise for each image, independent at every step. ± is the
standard error over the images. Targets are {_TARGETS[found.binarisation]}.{given}
{self._by_category()}{self._samples()}
Data: {self.credit}. {self._counts()}

Made by

```sh
{training.commands}
{self._export_command()}
```

To check an installation, `limner evaluate {self.name} --check` measures some of the test images
again, {self._checked()}: their bound is {self.check.bound:.3f} nats.
"""

    def _export_command(self) -> str:
        command = ["limner", "export", "RUN", "--out", self.name, "--title", self.title]
        found = self.evaluation
        if found.importance_samples is not None:
            command += ["--importance-samples", str(found.importance_samples)]
            if found.importance_images != found.images:
                command += ["--importance-images", str(found.importance_images)]
        if self.samples is not None:
            command += ["--samples", str(self.samples.each)]
        return shlex.join(command)

    def _by_category(self) -> str:
        if not self.evaluation.by_category:
            return ""
        rows = [
            (
                name,
                f"{of.images:,}",
                with_error(of.bound, of.stderr),
                rounded(of.floor, 2),
            )
            for name, of in self.evaluation.by_category.items()
        ]
        return "\n" + table(("category", "test images", "bound, nats", "floor"), rows)

    def _samples(self) -> str:
        return "" if self.samples is None else f"\n{samples_tables(self.samples)}"

    def _exported_with(self) -> list[str]:
        versions = [f"{name} {version}" for name, version in self.training.versions.items()]
        if self.training.commit is not None:
            versions[0] += f" (commit {self.training.commit})"
        return versions

    def _weights(self) -> str:
        if self.rounding is None:
            return self.dtype
        is_tiny = abs(self.rounding) < 0.00005
        moved = "less than 0.0001" if is_tiny else f"{self.rounding:+.4f}"
        return f"{self.dtype}; rounding them so moved the bound by {moved} nats"

    def _counts(self) -> str:
        splits = self.split_counts
        if not self.rows:
            return f"Its own splits: {splits}."
        rows = listed(f"{count:,} of {name}" for name, count in self.rows.items())
        unequal = (
            " If the shorter sources have more rows than these, the command takes as many of each "
            "as of the longest, and gives other numbers."
            if len(set(self.rows.values())) > 1
            else ""
        )
        return f"The first rows of each source, {rows}, split by row: {splits}.{unequal}"

    def _checked(self) -> str:
        if not self.rows:
            return f"the first {self.check.images:,}, which may differ from the others"
        return f"the {self.check.images:,} among the first {self.check.limit:,} rows of each source"


def samples_tables(judged: Judgement) -> str:
    """How good samples are, in Markdown."""
    said = (
        "Recognised are those that the judge, a convolutional network trained only on people's "
        "drawings, names as the category asked for or, where none can be asked for, as any "
        f"category of the data; it names {judged.judge:.1%} of its own test drawings rightly."
    )
    text = f"{judged.title}. {said}\n\n{table(judged.headings, judged.facts())}"
    if judged.by_category:
        text += f"\nRecognised, %:\n\n{table(judged.headings, judged.category_facts())}"
    return text


def with_error(value: float | None, stderr: float | None) -> str:
    """A number with its standard error, if that is known."""
    assert value is not None  # a card's evaluation is honest
    return f"{value:.2f}" if stderr is None else f"{value:.2f} ± {stderr:.2f}"
