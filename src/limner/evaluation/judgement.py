"""How good the samples of a model are, as numbers with standard errors and as tables."""

from dataclasses import dataclass, field

from limner.text import html_table


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and its standard error."""

    value: float
    stderr: float | None

    def said(self, places: int, unit: float = 1) -> str:
        """The number with its error, in a unit, with so many decimals."""
        value = f"{self.value / unit:.{places}f}"
        return value if self.stderr is None else f"{value} ± {self.stderr / unit:.{places}f}"

    @property
    def percent(self) -> str:
        """A share with its error, in %."""
        return self.said(1, 0.01)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How good some drawings are."""

    drawings: int
    """Number N of drawings."""
    recognised: Estimate
    """Share that the judge takes for what was asked for, from 0 to 1."""
    frechet: Estimate
    """Fréchet distance from the test drawings; see `frechet_distance`."""
    density: Estimate
    """How densely test drawings lie about them; see `density`."""
    coverage: Estimate
    """Share of the test drawings that have one of them near; see `coverage`."""
    searched: int
    """Number of them whose nearest training drawings were searched."""
    distance: Estimate
    """Median squared pixel distance from the nearest training drawing."""


@dataclass(frozen=True)
class Recognised:
    """Shares of some drawings that the judge recognises, from 0 to 1."""

    probabilities: Estimate
    """What a model drew, as probabilities."""
    as_ink: Estimate
    """The same as ink."""
    people: Estimate
    """What people drew."""

    def said(self, places: int) -> tuple[str, ...]:
        """The shares in %, with so many decimals."""
        shares = (self.probabilities, self.as_ink, self.people)
        return tuple(share.said(places, 0.01) for share in shares)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """How good the samples of a model are."""

    each: int
    """Number of samples of each category; of all, if the model is not class-conditional."""
    seed: int
    """Seed for the noise."""
    ink: float
    """Factor on the logits that shows the model's drawings as ink."""
    compared_with: int
    """Number of test drawings that the judge's features of samples are compared with."""
    judge: float
    """Share of all test drawings of its own categories that the judge names rightly."""
    samples: Quality
    """Samples as probabilities."""
    as_ink: Quality
    """The same samples as ink."""
    people: Quality
    """Validation drawings, which people drew."""
    reconstructed: int
    """Number of validation drawings that were reconstructed."""
    reconstructions: Recognised
    """Shares of their reconstructions that are recognised, and of these drawings themselves."""
    by_category: dict[str, Recognised] = field(default_factory=dict)
    """Each category by itself, if the model is class-conditional."""

    @property
    def title(self) -> str:
        """What was drawn and compared with what, in words."""
        kind = "of each category" if self.by_category else "in all"
        return (
            f"{self.each:,} samples {kind}, seed {self.seed}, compared with "
            f"{self.compared_with:,} test drawings; reconstructions of {self.reconstructed:,} "
            "validation drawings"
        )

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings of the tables: what was measured of what."""
        kinds = ("samples", f"as ink, logits × {self.ink:g}", "validation drawings")
        return ("", *kinds)

    def facts(self) -> list[tuple[str, ...]]:
        """The numbers over all categories together, in rows as under `headings`."""
        sets = (self.samples, self.as_ink, self.people)
        return [
            ("number", *(f"{one.drawings:,}" for one in sets)),
            ("recognised, %", *(one.recognised.percent for one in sets)),
            ("Fréchet distance", *(one.frechet.said(2) for one in sets)),
            ("density", *(one.density.said(2) for one in sets)),
            ("coverage", *(one.coverage.said(2) for one in sets)),
            ("distance to training", *(one.distance.said(1) for one in sets)),
            ("reconstructions, %", *self.reconstructions.said(1)),
        ]

    def category_facts(self) -> list[tuple[str, ...]]:
        """The recognised share of each category, %, in rows as under `headings`."""
        return [(name, *of.said(0)) for name, of in self.by_category.items()]

    def _repr_html_(self) -> str:
        whole = html_table(self.facts(), self.headings)
        if not self.by_category:
            return whole
        headings = ("recognised, %", *self.headings[1:])
        return whole + html_table(self.category_facts(), headings)
