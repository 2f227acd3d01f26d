"""The catalogue of error codes: what each means and which operations answer with it.

`make generate` writes the JSON from the classes and from the sources of the routes (`infra/docs/error_catalogue.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One meaning of a code. Three codes have two meanings, from before codes had to be unique."""

    code: str
    status: int
    title: str
    context: str
    about: str
    """The meaning, if the title does not say enough; else empty."""
    advice: str
    """What the caller should do."""
    operations: tuple[str, ...]
    """Ids of the operations that can answer with it."""


@cache
def load_codes() -> tuple[ErrorCode, ...]:
    """Return every code, sorted by code and status."""
    entries = json.loads(FILE.read_text())
    return tuple(ErrorCode(**{**entry, "operations": tuple(entry["operations"])}) for entry in entries)


@cache
def codes_by_operation() -> dict[str, tuple[ErrorCode, ...]]:
    """Return the codes that each operation can answer with, by the operation's id."""
    codes: dict[str, tuple[ErrorCode, ...]] = {}
    for error in load_codes():
        for operation in error.operations:
            codes[operation] = (*codes.get(operation, ()), error)
    return codes
