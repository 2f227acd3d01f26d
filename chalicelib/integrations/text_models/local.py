"""The local text model: it combines phrases, the same for the same request. It needs no network and costs nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from chalicelib.integrations.text_models.selection import GeneratedText, TextRequest

T = TypeVar("T")

_THEMES = (
    "a memory that you share",
    "a wish for this year",
    "a habit that you like in each other",
    "a place that you want to see",
    "something that you learned this month",
    "a small kindness of this week",
    "an evening without plans",
    "a fear that you rarely name",
    "a song of your first year",
    "a decision that you are proud of",
    "a person who shaped you",
    "a day that you would repeat",
)
_QUESTIONS = (
    ("Ask about {theme}", "Take turns: each tells about {theme}, and the other asks two questions."),
    ("Tell a story", "Tell each other about {theme}, from the first moment to the last."),
    ("Guess first", "Each guesses what the other will say about {theme}; then compare."),
    ("Three sentences", "Write three sentences about {theme}, read them aloud, and say what surprised you."),
)
_DATES = (
    ("A walk with a task", "Go for a walk and talk about {theme}; bring home one thing that reminds you of it."),
    ("A table for two", "Prepare a simple meal together and make {theme} the subject of the evening."),
    ("A small journey", "Choose a direction, travel for an hour, and look for {theme}."),
    ("A quiet hour", "Put the phones away for an hour and draw, write or play something about {theme}."),
)


def write_text(request: TextRequest) -> GeneratedText:
    """Return the items of a request; different seeds and options give different ones."""
    forms = _DATES if request.task == "date_idea" else _QUESTIONS
    options = ", ".join(f"{name}: {value.replace('_', ' ')}" for name, value in sorted(request.options.items()))
    seed = f"{request.task}\n{options}\n{request.seed}"
    themes, shapes = _shuffled(_THEMES, seed), _shuffled(forms, seed)
    items = []
    for number in range(request.count):
        theme, (title, text) = themes[number % len(themes)], shapes[number % len(shapes)]
        suffix = f" ({options})" if options else ""
        items.append((title.format(theme=theme), text.format(theme=theme) + suffix))
    return GeneratedText(tuple(items), "local")


def _shuffled(values: Sequence[T], seed: str) -> list[T]:
    return sorted(values, key=lambda value: hashlib.sha256(f"{seed}\n{value}".encode()).digest())
