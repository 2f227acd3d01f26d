"""Names of discounts: claimed while in force, kept afterwards, found by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from chalicelib.discounts.domain.names import MAX_NAME_BYTES, former_name, item_kind, item_name
from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.errors import NameTaken
from chalicelib.discounts.models import DiscountName
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, delete_if, get_many, readable_rows

MAX_KEYS = 100
"""Keys of one BatchGetItem."""


def put_items(shop: str, discount_id: str, items: Iterable[str], now: datetime) -> None:
    """Write the names of a discount's items, 25 rows a call. Readers skip a row whose discount lacks the item."""
    with DiscountName.batch_write() as batch:
        for item in items:
            name = item_name(item, discount_id)
            batch.save(DiscountName(shop, name, discount_id=discount_id, kind=item_kind(item), since=now))


def delete_items(shop: str, discount_id: str, items: Iterable[str]) -> None:
    """Delete the names of items that a discount no longer has, 25 rows a call."""
    with DiscountName.batch_write() as batch:
        for item in items:
            batch.delete(DiscountName(shop, item_name(item, discount_id)))


def delete_unchanged(row: DiscountName) -> bool:
    """Delete a name. Returns False if it was written again since `row` was read."""
    unchanged = (DiscountName.discount_id == row.discount_id) & (DiscountName.since == row.since)
    return delete_if(DiscountName(row.shop, row.name), unchanged)


def stage_claim(transaction: Transaction, row: DiscountName, path: str) -> None:
    """Claim a code or title in the transaction, which raises NameTaken if another discount has it.

    `path` is the field of the request.
    """
    field = "title" if row.kind is NameKind.TITLE else "code"
    message = f"another discount has this {field}"
    error = NameTaken(f"{path}: {message}", errors=[{"path": path, "message": message}])
    transaction.put(row, condition=DiscountName.name.does_not_exist(), otherwise=error)


def stage_release(transaction: Transaction, row: DiscountName, until: datetime) -> None:
    """Release a code or title in the transaction, and keep it as a former name. Raises WriteConflict if it changed."""
    former = DiscountName(
        row.shop,
        former_name(row.name, until),
        discount_id=row.discount_id,
        kind=row.kind,
        since=row.since,
        until=until,
        expires_epoch=until + DiscountName.KEEP,
    )
    unchanged = DiscountName.discount_id == row.discount_id
    transaction.delete(DiscountName(row.shop, row.name), condition=unchanged, otherwise=WriteConflict())
    transaction.put(former)


def find_names(shop: str, names: Iterable[str]) -> dict[str, DiscountName]:
    """Return the names in force among these keys, by key; one call for each 100, read consistently."""
    keys = list(dict.fromkeys(names))
    rows: dict[str, DiscountName] = {}
    for start in range(0, len(keys), MAX_KEYS):
        chunk = keys[start : start + MAX_KEYS]
        results = get_many([(DiscountName, (shop, name)) for name in chunk], consistent=True)
        rows |= {row.name: row for row in results if row is not None}
    return rows


def iterate_former_names(shop: str, name: str) -> Iterator[DiscountName]:
    """Yield the rows of a code's or title's earlier owners, oldest first."""
    rows = DiscountName.query(shop, DiscountName.name.startswith(f"{name}#"))
    for row in readable_rows(rows):
        if row.until is not None and row.name == former_name(name, row.until):
            yield row


def find_owners(shop: str, uses: Iterable[tuple[str, datetime]]) -> dict[tuple[str, datetime], str]:
    """Return the id of the discount that had each code or title at that time; pairs without a discount are missing.

    A name in force since then costs a part of one call for 100; any other costs a query of its history. A name over
    `MAX_NAME_BYTES`, which no discount of ours can have, costs nothing.
    """
    pairs = [(name, at) for name, at in dict.fromkeys(uses) if len(name.encode()) <= MAX_NAME_BYTES]
    current = find_names(shop, (name for name, _ in pairs))
    owners: dict[tuple[str, datetime], str] = {}
    history: dict[str, list[DiscountName]] = {}
    for name, moment in pairs:
        row = current.get(name)
        if row is None or moment < _first_second(row):
            if name not in history:
                history[name] = list(iterate_former_names(shop, name))
            row = next((each for each in history[name] if _in_force(each, moment)), None)
        if row is not None:
            owners[name, moment] = row.discount_id
    return owners


def _in_force(row: DiscountName, moment: datetime) -> bool:
    return _first_second(row) <= moment and row.until is not None and moment < row.until


def _first_second(row: DiscountName) -> datetime:
    """Return the beginning of the second in which the name came into force: Shopify rounds orders' times to seconds."""
    return row.since.replace(microsecond=0)
