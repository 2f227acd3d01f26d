"""The difference of two versions of a discount, as its history stores it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.discounts.domain.names import item_changes

Columns = dict[str, Any]

FROZEN_IN_TESTS = ("value_type", "value", "skus", "overrides", "minimum_quantity", "starts_at", "ends_at")
"""The columns that stay while a test of the discount runs."""


def changed_columns(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Columns, Columns]:
    """Return the columns that differ, before and after. Of the items, only the differences are included."""
    names = [name for name in after if before.get(name) != after[name]]
    old, new = {name: before.get(name) for name in names}, {name: after[name] for name in names}
    if "skus" in names:
        added, removed = item_changes(before.get("skus") or [], after["skus"] or [])
        old["skus"], new["skus"] = removed, added
    if "overrides" in names:
        first, second = before.get("overrides") or {}, after["overrides"] or {}
        items = [item for item in {**first, **second} if first.get(item) != second.get(item)]
        old["overrides"] = {item: first[item] for item in items if item in first}
        new["overrides"] = {item: second[item] for item in items if item in second}
    return old, new
