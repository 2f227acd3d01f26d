"""The tree of a store's categories: no category is its own ancestor, and at most 10 levels. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

MAX_LEVELS = 10


def broken_categories(parents: Mapping[str, str | None], ids: Collection[str]) -> dict[str, str]:
    """Return those of the categories that break the tree, with words for the caller.

    `parents` holds the parent of each category, its ancestors included; an unknown parent has none.
    """
    broken = {}
    for category in ids:
        ancestors = _ancestors(parents, category)
        if category in ancestors:
            broken[category] = "makes the category its own ancestor"
        elif len(ancestors) >= MAX_LEVELS:
            broken[category] = f"makes the tree deeper than {MAX_LEVELS} levels"
    return broken


def top_down(parents: Mapping[str, str | None], ids: Collection[str]) -> list[str]:
    """Return the categories with each parent before its children. There must be no cycle."""
    return sorted(ids, key=lambda category: len(_ancestors(parents, category)))


def _ancestors(parents: Mapping[str, str | None], category: str) -> list[str]:
    """Return the ancestors, nearest first; the walk ends at a repeated one."""
    ancestors: list[str] = []
    parent = parents.get(category)
    while parent is not None and parent not in ancestors:
        ancestors.append(parent)
        parent = parents.get(parent)
    return ancestors
