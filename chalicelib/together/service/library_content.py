"""The content of the library: JSON files in the bundle, read once by a process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from chalicelib.together.schemas.library import LibraryItemRead, LibraryKind

_FOLDER = Path(__file__).parents[1] / "library"


@cache
def items_of(kind: LibraryKind) -> tuple[LibraryItemRead, ...]:
    """Return the items of a list, in the order of its file."""
    rows = json.loads((_FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return tuple(LibraryItemRead.model_validate(row) for row in rows)


def find_challenge(template_id: str) -> LibraryItemRead | None:
    """Return the template of a challenge; None if there is none with this id."""
    return next((item for item in items_of(LibraryKind.CHALLENGES) if item.id == template_id), None)
