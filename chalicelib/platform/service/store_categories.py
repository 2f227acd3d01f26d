"""Changes of the category tree, checked with the ancestors locked: concurrent changes cannot make a cycle together."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.platform.domain.store_categories import MAX_LEVELS, broken_categories, top_down
from chalicelib.platform.domain.store_rows import Row
from chalicelib.platform.repository.store_categories import list_children, lock_parents
from chalicelib.platform.repository.store_transactions import StoreTransaction


def tree_errors(transaction: StoreTransaction, rows: Sequence[Row]) -> dict[str, str]:
    """Return the errors of new and changed categories by id.

    Locks the ancestors, level by level, until the transaction ends. A category is placed under others only while these
    are locked.
    """
    parents: dict[str, str | None] = {row["id"]: row["parent_id"] for row in rows}
    if not any(parents.values()):
        return {}
    _load_ancestors(transaction, parents)
    descendants = _load_descendants(transaction, parents, [row["id"] for row in rows])
    broken = broken_categories(parents, descendants)
    return {row["id"]: message for row in rows for message in _messages(parents, broken, row["id"])}


def parents_first(rows: Sequence[Row]) -> list[Row]:
    """Return new categories in an order in which they can be inserted."""
    by_id = {row["id"]: row for row in rows}
    return [by_id[each] for each in top_down({each: row["parent_id"] for each, row in by_id.items()}, by_id)]


def _load_ancestors(transaction: StoreTransaction, parents: dict[str, str | None]) -> None:
    """Add the stored ancestors to `parents`, at most one level more than allowed."""
    unknown = {parent for parent in parents.values() if parent is not None} - parents.keys()
    for _ in range(MAX_LEVELS + 1):
        if not unknown:
            return
        loaded = lock_parents(transaction, sorted(unknown))
        parents.update(loaded)
        unknown = {parent for parent in loaded.values() if parent is not None} - parents.keys()


def _load_descendants(transaction: StoreTransaction, parents: dict[str, str | None], ids: list[str]) -> set[str]:
    """Add the stored descendants of the categories to `parents`, and return them and the categories."""
    known, level = set(ids), list(ids)
    for _ in range(MAX_LEVELS + 1):
        children = {
            child: parent
            for child, parent in list_children(transaction, sorted(level)).items()
            if child not in known and parents.get(child, parent) == parent
        }
        if not children:
            break
        parents.update(children)
        known |= children.keys()
        level = list(children)
    return known


def _messages(parents: dict[str, str | None], broken: dict[str, str], category: str) -> list[str]:
    """Return the error of the category, else that of the first broken one below it."""
    if category in broken:
        return [broken[category]]
    return [message for each, message in broken.items() if _is_below(parents, each, category)][:1]


def _is_below(parents: dict[str, str | None], category: str, ancestor: str) -> bool:
    parent, levels = parents.get(category), 0
    while parent is not None and levels <= 2 * MAX_LEVELS:
        if parent == ancestor:
            return True
        parent, levels = parents.get(parent), levels + 1
    return False
