"""The page on the models that come with the package, made from their cards alone."""

from collections.abc import Sequence
from pathlib import Path

from limner.evaluation.result import CategoryBound
from limner.pretrained.card import Card, samples_tables, with_error
from limner.text import rounded, table

_INTRODUCTION = """\
# Models that come with the package

Made by `limner models --docs docs` from the models' cards, whose numbers `limner export` measured
on the test split, with the weights as they are shipped. What the words mean stands in
[the index](../results.md); nats a drawing. Bounds of different data are not to be compared.
"""


def models_page(cards: Sequence[Card], charts: Path) -> str:
    """The page, in Markdown.

    Args:
        cards: Cards of the models.
        charts: Folder beside the page with charts of curves; the name of each begins with the name
            of its model.
    """
    parts = [_INTRODUCTION, _numbers(cards)]
    parts += [_categories(card, cards) for card in cards if card.class_conditional]
    parts += [
        f"## Samples of {card.name}\n\n{samples_tables(card.samples)}"
        for card in cards
        if card.samples is not None
    ]
    parts += [_training(card, charts) for card in cards]
    return "\n".join(parts)


def _numbers(cards: Sequence[Card]) -> str:
    def row(card: Card) -> Sequence[str]:
        found = card.evaluation
        return (
            card.name,
            card.title,
            found.binarisation,
            str(found.num_steps),
            f"{card.splits['train']:,} / {found.images:,}",
            f"**{with_error(found.bound, found.stderr)}**",
            rounded(found.floor, 2),
            _importance(card),
        )

    headings = ("model", "draws", "targets", "T", "drawings, training / test", "bound", "floor")
    return table((*headings, "importance-weighted bound"), map(row, cards))


def _importance(card: Card) -> str:
    found = card.evaluation
    if found.importance_samples is None:
        return "–"
    bound = with_error(found.importance_bound, found.importance_stderr)
    text = f"{bound} (K {found.importance_samples:,}"
    if found.importance_images == found.images:
        return f"{text})"
    return (
        f"{text}, {found.importance_images:,} drawings; {found.importance_gain:.2f} below the "
        "bound of the same)"
    )


def _categories(card: Card, cards: Sequence[Card]) -> str:
    """The bounds of a model of many categories, beside those of models of one category."""
    alone = {
        other.evaluation.categories[0]: other
        for other in cards
        if len(other.evaluation.categories) == 1
        and other.evaluation.data == card.evaluation.data
        and other.evaluation.binarisation == card.evaluation.binarisation
    }

    def row(name: str, of: CategoryBound) -> Sequence[str]:
        other = alone.get(name)
        is_like = other is not None and other.evaluation.images == of.images
        return (
            name,
            f"{of.images:,}",
            rounded(of.floor, 2),
            with_error(of.bound, of.stderr),
            f"{with_error(other.evaluation.bound, other.evaluation.stderr)} ({other.name})"
            if is_like and other is not None
            else "–",
        )

    rows = [row(name, of) for name, of in card.evaluation.by_category.items()]
    headings = (
        "category",
        "test drawings",
        "floor",
        card.name,
        "a model of it alone, trained as below",
    )
    return f"## {card.name}: each category by itself\n\n{table(headings, rows)}"


def _training(card: Card, charts: Path) -> str:
    training = card.training
    took = "; then ".join(one.effort for one in reversed(training.lineage))
    drawn = sorted(charts.glob(f"{card.name}-curves*.png"))
    curves = "".join(
        f"\n![Losses over updates, chart {number} of {len(drawn)}]({charts.name}/{path.name})\n"
        for number, path in enumerate(drawn, start=1)
    )
    by = "" if training.limner is None else f" Trained by limner {training.limner}."
    exported = "" if training.commit is None else f" Exported at commit {training.commit}."
    return (
        f"## How {card.name} was made\n\n```sh\n{training.commands}\n```\n\n"
        f"{took}, by the wall clock, pauses and other work on the machine included. "
        f"Drawings: {card.split_counts}.{by}{exported}\n{curves}"
    )
