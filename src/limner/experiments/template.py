"""The texts of the results pages: Markdown files in `pages` with fields as `str.format` has them.

Numbers have a form of their own where a field asks for none: 1,234 and 5.7, and a dash for none.
A paragraph with a field of a list is repeated for each of its items; so is the second line of a
table, which has the cells under its headings.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from string import Formatter
from typing import Any

from limner.text import table

Fields = Mapping[str, Any]

NOT_RUN = "*Not run.*"
"""The text in place of an empty list."""


class NotMeasured(Exception):
    """A cell asks for what a row does not have yet; says how far the row has come."""


class _Formatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "–"
        own = "," if isinstance(value, int) else ".1f" if isinstance(value, float) else ""
        return super().format_field(value, format_spec or own)


_FORMATTER = _Formatter()


def paragraphs(name: str) -> list[str]:
    """The paragraphs of a template, with their fields."""
    text = files("limner.experiments").joinpath("pages", f"{name}.md").read_text("utf-8")
    return text.strip().split("\n\n")


def fill(name: str, fields: Fields) -> str:
    """A template with its fields filled in, without a last line end."""
    return "\n\n".join(fill_paragraph(paragraph, fields) for paragraph in paragraphs(name))


def fill_paragraph(text: str, fields: Fields) -> str:
    """A paragraph, or a table, with its fields filled in.

    Args:
        text: The paragraph, which may have fields of at most one list.
        fields: Values of the fields.

    Raises:
        KeyError: The text has a field that is not in `fields`.

    Example:
        >>> fill_paragraph("{count} drawings, {bound} nats", {"count": 3200, "bound": 210.914})
        '3,200 drawings, 210.9 nats'
    """
    names = {re.split(r"[.[]", name)[0] for _, name, _, _ in _FORMATTER.parse(text) if name}
    repeated = [name for name in names if isinstance(fields[name], list)]
    if not repeated:
        return _FORMATTER.vformat(text, (), fields)
    (name,) = repeated
    items = [{**fields, name: item} for item in fields[name]]
    if not items:
        return NOT_RUN
    if not text.startswith("|"):
        return "\n\n".join(_FORMATTER.vformat(text, (), item) for item in items)
    headings, cells = (line.strip("| ").split(" | ") for line in text.splitlines())
    return table(headings, ([_cell(cell, item) for cell in cells] for item in items)).rstrip()


def _cell(text: str, fields: Fields) -> str:
    try:
        return _FORMATTER.vformat(text, (), fields)
    except NotMeasured as reason:
        return f"*{reason}*"
