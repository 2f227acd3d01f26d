"""Summaries of a move's proof by table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

_NOTHING = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class ProvenTable:
    """A table that is equal on both sides. `sha256` chains the hashes of its ranges in the order of their keys."""

    table: str
    rows: int = 0
    ranges: int = 0
    sha256: str = _NOTHING

    def to_json(self) -> dict[str, Any]:
        """Return the table as JSON."""
        return asdict(self)


def add_proof_line(tables: dict[str, ProvenTable], line: Mapping[str, Any]) -> None:
    """Add the line of a range to its table."""
    name = line["table"]
    table = tables.get(name) or ProvenTable(name)
    chained = hashlib.sha256((table.sha256 + line["sha256"]).encode()).hexdigest()
    tables[name] = replace(table, rows=table.rows + line["rows"], ranges=table.ranges + 1, sha256=chained)
