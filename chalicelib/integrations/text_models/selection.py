"""One interface for the text models. `TEXT_MODEL` selects one: `local`, or `bedrock:<inference profile id>`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_TITLE, MAX_TEXT = 100, 600
"""Characters of a title and of a text; longer ones are unusable."""


@dataclass(frozen=True, slots=True)
class TextRequest:
    """What to write: `count` items of a task, for options such as a mood. `seed` makes the local model repeatable."""

    task: str
    options: Mapping[str, str]
    count: int
    seed: str


@dataclass(frozen=True, slots=True)
class GeneratedText:
    """The items as (title, text), and the name of the model."""

    items: tuple[tuple[str, str], ...]
    model: str


TextModel = Callable[[TextRequest], GeneratedText]
"""A function of the request. Raises TextModelFailed if the model writes no usable text."""


class UnknownTextModel(ValueError):
    """`TEXT_MODEL` is not the name of a model behind this interface."""


def choose_text_model(name: str) -> TextModel:
    """Return the model with that name. Raises UnknownTextModel if there is none."""
    if name == "local":
        return _local
    if name == "bedrock":
        return _bedrock
    raise UnknownTextModel(f"TEXT_MODEL={name!r}: must be `local` or `bedrock:<inference profile id>`")


def _local(request: TextRequest) -> GeneratedText:
    from chalicelib.integrations.text_models import local

    return local.write_text(request)


def _bedrock(request: TextRequest) -> GeneratedText:
    from chalicelib.integrations.text_models import bedrock

    return bedrock.write_text(request)
