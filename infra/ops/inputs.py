"""Arguments of commands, checked by the schemas of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from infra.ops.errors import CommandRefused

S = TypeVar("S", bound=BaseModel)


def parse_input(shape: type[S], values: Mapping[str, Any]) -> S:
    """Return the values that are not None as the schema. Raises CommandRefused, which names the field, never a value."""
    try:
        return shape.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CommandRefused(f"{field}: {first['msg']}".removeprefix(": ")) from None
