"""Prompt templates: `{placeholders}` from an allow-list, and a shopper's words made harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

PLACEHOLDERS = frozenset({"style", "product", "text"})
"""What a template may name: the style's and the product's names, and the shopper's own words."""
MAX_TEXT = 200
MAX_TEMPLATE = 2000

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class PromptRefused(ValueError):
    """The template cannot be used; the message names what is wrong with it."""


def check(template: str) -> None:
    """Raise PromptRefused unless the template is text with plain placeholders of the allow-list.

    Attribute access, indexes, conversions and formats are refused: `{style.__class__}` is not a placeholder.
    """
    if not template.strip() or len(template) > MAX_TEMPLATE:
        raise PromptRefused(f"a template has 1 to {MAX_TEMPLATE} characters")
    try:
        fields = list(Formatter().parse(template))
    except ValueError as error:
        raise PromptRefused(f"the braces do not match: {error}") from error
    for _, name, format_spec, conversion in fields:
        if name is None:
            continue
        if name not in PLACEHOLDERS or format_spec or conversion:
            raise PromptRefused(
                f"{{{name}}} is no placeholder; there are {', '.join(sorted(PLACEHOLDERS))}, without format or index"
            )


def render(template: str, values: Mapping[str, str]) -> str:
    """The prompt that is sent. Raises PromptRefused for a template that `check` refuses; absent values are empty."""
    check(template)
    filled = {name: clean(values.get(name, "")) for name in PLACEHOLDERS}
    return " ".join(template.format_map(filled).split())


def clean(text: str) -> str:
    """A shopper's words: one line, no control or direction characters or braces, at most 200 characters."""
    return " ".join(_CONTROL.sub(" ", text).replace("{", "").replace("}", "").split())[:MAX_TEXT]
