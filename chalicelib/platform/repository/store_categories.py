"""Parents and children of a store's categories."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import CATEGORIES


def lock_parents(transaction: StoreTransaction, ids: Collection[str]) -> dict[str, str | None]:
    """Return the parent of each of these categories that exists, locked in the order of the ids."""
    statement = (
        select(CATEGORIES.c.id, CATEGORIES.c.parent_id).where(CATEGORIES.c.id.in_(ids)).order_by(CATEGORIES.c.id)
    )
    rows = transaction.connection.execute(statement.with_for_update()).all()
    return {row.id: row.parent_id for row in rows}


def list_children(transaction: StoreTransaction, ids: Collection[str]) -> dict[str, str | None]:
    """Return the children of these categories, each with its parent."""
    statement = select(CATEGORIES.c.id, CATEGORIES.c.parent_id).where(CATEGORIES.c.parent_id.in_(ids))
    return {row.id: row.parent_id for row in transaction.connection.execute(statement).all()}
