"""Arguments and files of commands, checked by the schemas of the API."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
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


def read_json(path: str) -> Any:
    """Return the JSON of a file; `-` is standard input. Raises CommandRefused, which never shows the content."""
    try:
        return json.loads(sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandRefused(f"{path}: {error.strerror}") from error
    except ValueError:
        raise CommandRefused(f"{path}: this is not JSON") from None
