"""Removes names that no discount has: a crash or a refusal leaves the names of items, which are written before their discount."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from chalicelib.discounts.domain.names import item_name, names_of
from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.errors import NameTaken
from chalicelib.discounts.models import Discount, DiscountName
from chalicelib.discounts.repository import discount_names, discounts
from chalicelib.kit import clock
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

ORPHAN_AFTER = timedelta(hours=1)
"""A request takes seconds: older names of items belong to no request that still saves their discount."""
_ITEMS = (NameKind.SKU, NameKind.VARIANT)


def has_name(row: Discount | None, name: DiscountName) -> bool:
    """Return whether the discount is not deleted and has this code, title or item."""
    if row is None or row.live is None:
        return False
    if name.kind in _ITEMS:
        return any(item_name(item, row.discount_id) == name.name for item in row.skus)
    return name.name in names_of(row.discount_code, row.title)


def delete_orphans(names: Iterable[DiscountName], rows: Mapping[str, Discount]) -> int:
    """Delete those of these names that their discounts in `rows` lack for over an hour; return their number."""
    since = clock.now() - ORPHAN_AFTER
    orphans = [name for name in names if name.since < since and not has_name(rows.get(name.discount_id), name)]
    return sum(discount_names.delete_unchanged(name) for name in orphans)


def delete_unsaved_items(row: Discount) -> None:
    """Delete the names of the items of a new discount that was refused."""
    if discounts.find(row.shop, row.discount_id) is None:
        discount_names.delete_items(row.shop, row.discount_id, row.skus)


def run_claiming(shop: str, names: Iterable[str], decide: Callable[[UnitOfWork], None]) -> None:
    """Run a unit of work that claims these codes and titles; free those that no discount has, then run it again.

    Raises NameTaken, and the other errors of `decide`.
    """
    try:
        run_unit_of_work(decide)
    except NameTaken:
        if not _free_names(shop, names):
            raise
        run_unit_of_work(decide)


def _free_names(shop: str, names: Iterable[str]) -> int:
    """Delete those of these names that no discount has. A name and its discount change in one transaction."""
    claims = discount_names.find_names(shop, names).values()
    rows = {row.discount_id: row for row in discounts.find_many(shop, sorted({name.discount_id for name in claims}))}
    orphans = [name for name in claims if not has_name(rows.get(name.discount_id), name)]
    return sum(discount_names.delete_unchanged(name) for name in orphans)
