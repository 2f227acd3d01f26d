"""Entries of the audit log: who changed what, with the changed fields before and after. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLATFORM = "platform"
"""The scope of what belongs to no store."""
CHANGED = "changed"
"""Stands in an entry for the value of a secret."""
MAX_INLINE_BYTES = 4_096
"""Larger fields of an entry are stored in S3."""

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an object in a scope: a store's id, or PLATFORM.

    `action` is `<context>.<verb>`, `target` the object, e.g. `setting:sign_up`. `before` and `after` are its fields as
    JSON values; those of `secrets` never leave this process.
    """

    scope: str
    action: str
    target: str
    before: Fields = field(default_factory=dict, repr=False)
    after: Fields = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = frozenset()


def changed_fields(change: Change) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the fields that differ, before and after; None for a side without any. A secret reads CHANGED."""
    names = change.before.keys() | change.after.keys()
    changed = {name for name in names if change.before.get(name) != change.after.get(name)}
    return _side(change, change.before, changed), _side(change, change.after, changed)


def scope_of(subject: str) -> str:
    """Return the scope of an operator's action on a subject: the store of `store:<id>`, else PLATFORM."""
    kind, _, store_id = subject.partition(":")
    return store_id if kind == "store" and store_id else PLATFORM


def is_large(fields: Fields) -> bool:
    """Return whether the fields of an entry are too large for its row."""
    return len(json.dumps(fields, ensure_ascii=False).encode()) > MAX_INLINE_BYTES


def _side(change: Change, fields: Fields, changed: set[str]) -> dict[str, Any] | None:
    side = {name: CHANGED if name in change.secrets else value for name, value in fields.items() if name in changed}
    return dict(sorted(side.items())) or None
