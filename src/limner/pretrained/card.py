"""A model's card: what it draws, how well, and what made it; as strict JSON, and to read."""

import dataclasses
import json
import shlex
from dataclasses import dataclass

from limner.config import SplitName, parse_strictly
from limner.evaluation.bound import Evaluation
from limner.text import listed, rounded, table

_CREDITS = {
    "quickdraw": "[Quick, Draw!](https://quickdraw.withgoogle.com/data) by Google, "
    "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)",
    "mnist": "[MNIST](http://yann.lecun.com/exdb/mnist) by Y. LeCun, C. Cortes and C. Burges",
    "static-mnist": "[MNIST](http://yann.lecun.com/exdb/mnist) by Y. LeCun, C. Cortes and "
    "C. Burges, with the fixed binarisation of H. Larochelle and I. Murray (2011)",
    "doodles": "made up by a program that comes with limner",
    "images": "pictures of whoever trained it, who alone can say what may be done with them",
}

_FOR = {"train": "for training", "valid": "for validation", "test": "for the test"}

_TARGETS = {
    "grey": "grey levels, so the distortion is a cross-entropy and no bound is below the floor",
    "threshold": "ink or none, cut at one half",
    "static": "ink or none, each pixel drawn once and for all",
    "dynamic": "ink or none, each pixel drawn anew at every visit",
}


CHECK_TOLERANCE = 0.05
"""Nats by which a bound that is measured again may differ."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A bound that anyone can measure again in seconds, on the first few rows of each source."""

    limit: int
    """Rows of each source, as `data.limit` takes them."""
    images: int
    """Test pictures that this leaves."""
    bound: float
    """Over these, nats, from seed 0."""

    def holds(self, found: Evaluation) -> bool:
        """Whether what was measured again is the same, but for the order of sums."""
        return (
            found.images == self.images
            and found.bound is not None
            and abs(found.bound - self.bound) <= CHECK_TOLERANCE
        )


@dataclass(frozen=True, kw_only=True)
class Training:
    """What made the weights."""

    command: str
    """The shortest that asks for the same settings."""
    updates: int
    """Updates of the weights."""
    seconds: float | None
    """Of training, over all sessions; None if none is on record."""
    device: str
    """The kind of machine."""
    commit: str | None
    """Of limner at the export, if it was a git checkout."""
    versions: dict[str, str]
    """Of the packages that compute, at the export."""
    limner: str | None = None
    """Versions of limner that trained it, as far as its sessions say."""
    before: "Training | None" = None
    """What made the weights it began with, if those were not new."""

    @property
    def lineage(self) -> list["Training"]:
        """This, what came before it, and so on to new weights."""
        return [self, *(self.before.lineage if self.before else [])]

    @property
    def commands(self) -> str:
        """What to give from new weights on, a line each."""
        return "\n".join(one.command for one in reversed(self.lineage))

    @property
    def effort(self) -> str:
        """How many updates it took, how long and where."""
        took = "" if self.seconds is None else f" in {self.seconds:,.0f} s"
        return f"{self.updates:,} updates{took} on {self.device}"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known of a model; its numbers are those of the weights as they are stored."""

    name: str
    """Its folder's."""
    title: str
    """What it draws."""
    splits: dict[SplitName, int]
    """How many pictures each split has."""
    rows: dict[str, int]
    """Of data split by row: how many rows of each source there were, from the first on."""
    class_conditional: bool
    """Whether the model is given each picture's category, on which its bound then depends."""
    dtype: str
    """What the weights are stored as."""
    rounding: float | None
    """By how much storing them so raised the bound, nats; None if they were not rounded."""
    evaluation: Evaluation
    """On the test split."""
    check: Check
    """The same, quicker."""
    training: Training
    """How it came about."""

    def to_json(self) -> str:
        """The card as indented JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, origin: str = "card") -> "Card":
        """Read what `to_json` wrote.

        Raises:
            LimnerError: It is no such JSON; the line begins with `origin` and names the key.
        """
        return parse_strictly(cls, text, origin)

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
        """How many pictures each split has, in words."""
        return listed(f"{count:,} {_FOR[name]}" for name, count in self.splits.items())

    def to_markdown(self) -> str:
        """The card to read."""
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
                    f"over {found.importance_images:,} of the pictures, chosen by chance; "
                    f"{found.importance_gain:.2f} below the bound of the same"
                )
        facts |= {
            "T": f"{found.num_steps} steps",
            "trained": "; before that ".join(one.effort for one in training.lineage),
            "weights": self._weights(),
            "exported with": listed(self._exported_with()),
        }
        given = " The model is given each picture's category." if self.class_conditional else ""
        lines = "\n".join(f"| {name} | {fact} |" for name, fact in facts.items())
        return f"""# {self.name}

{self.title}: a [DRAW](https://arxiv.org/abs/1502.04623) network of limner, trained already.

```sh
limner sample {self.name}       # or the path of this folder
```

| on {found.images:,} test pictures | |
|---|---|
{lines}

The bound is on the negative log-likelihood of a picture: distortion plus rate, from one draw of the
noise for each picture, independent at every step; ± is the standard error over the pictures.
Targets are {_TARGETS[found.binarisation]}.{given}
{self._by_category()}
Data: {_CREDITS[found.data]}. {self._counts()}

Made by

```sh
{training.commands}
{self._export_command()}
```

To check an installation by, `limner evaluate {self.name} --check` measures some of the test
pictures again, {self._checked()}: the bound of these is {self.check.bound:.3f} nats.
"""

    def _export_command(self) -> str:
        command = ["limner", "export", "RUN", "--out", self.name, "--title", self.title]
        found = self.evaluation
        if found.importance_samples is not None:
            command += ["--importance-samples", str(found.importance_samples)]
            if found.importance_images != found.images:
                command += ["--importance-images", str(found.importance_images)]
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
        return "\n" + table(("category", "test pictures", "bound, nats", "floor"), rows)

    def _exported_with(self) -> list[str]:
        versions = [f"{name} {version}" for name, version in self.training.versions.items()]
        if self.training.commit is not None:
            versions[0] += f" (commit {self.training.commit})"
        return versions

    def _weights(self) -> str:
        if self.rounding is None:
            return self.dtype
        return f"{self.dtype}; rounding them so moved the bound by {self.rounding:+.4f} nats"

    def _counts(self) -> str:
        splits = self.split_counts
        if not self.rows:
            return f"Its own splits: {splits}."
        rows = listed(f"{count:,} of {name}" for name, count in self.rows.items())
        unequal = (
            " Where the shorter sources have more rows than these, the command takes as many of "
            "each as of the longest, and its numbers are others."
            if len(set(self.rows.values())) > 1
            else ""
        )
        return f"The first rows of each source, {rows}, split by row: {splits}.{unequal}"

    def _checked(self) -> str:
        if not self.rows:
            return f"the first {self.check.images:,}, which need not be like the others"
        return f"the {self.check.images:,} among the first {self.check.limit:,} rows of each source"


def with_error(value: float | None, stderr: float | None) -> str:
    """A number with its standard error, if that is known."""
    assert value is not None  # a card's evaluation is honest
    return f"{value:.2f}" if stderr is None else f"{value:.2f} ± {stderr:.2f}"
