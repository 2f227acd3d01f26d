"""Prompt templates: `{placeholders}` from an allow-list, and sanitized shopper text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

PLACEHOLDERS = frozenset({"style", "product", "text"})
"""Placeholders of a template: the names of the style and the product, and the shopper's text."""
MAX_TEXT = 200
MAX_TEMPLATE = 2000

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class PromptRefused(ValueError):
    """The template is invalid; the message says why."""


def check_template(template: str) -> None:
    """Raise PromptRefused unless the template is text with plain placeholders of the allow-list.

    Attribute access, indexes, conversions and formats are rejected: `{style.__class__}` is not a placeholder.
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
                f"{{{name}}} is not a placeholder; use {', '.join(sorted(PLACEHOLDERS))}, without format or index"
            )


def render_prompt(template: str, values: Mapping[str, str]) -> str:
    """Return the prompt for the model; missing values are empty. Raises PromptRefused if the template is invalid."""
    check_template(template)
    arguments = {name: clean_text(values.get(name, "")) for name in PLACEHOLDERS}
    return " ".join(template.format_map(arguments).split())


def clean_text(text: str) -> str:
    """Return a shopper's text as one line of at most 200 characters, without control or direction characters or braces."""
    return " ".join(_CONTROL.sub(" ", text).replace("{", "").replace("}", "").split())[:MAX_TEXT]
