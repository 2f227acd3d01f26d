"""Marks of the tables and schemas that a job creates: a comment that names the store and the job."""

from __future__ import annotations

from dataclasses import dataclass

_PREFIX = "backroom"


@dataclass(frozen=True, slots=True)
class TableMark:
    """The store and the job that created a table or schema. Its text is `backroom:<store>:<job>`."""

    store_id: str
    job_id: str

    def __str__(self) -> str:
        return f"{_PREFIX}:{self.store_id}:{self.job_id}"


def parse_mark(comment: str | None) -> TableMark | None:
    """Return the mark in a comment; None if the comment is none of ours."""
    parts = (comment or "").split(":")
    if len(parts) != 3 or parts[0] != _PREFIX or not parts[1] or not parts[2]:
        return None
    return TableMark(parts[1], parts[2])
