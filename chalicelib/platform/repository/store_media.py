"""Rows of a store's files whose upload was not completed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, and_, cast, delete, literal, select

from chalicelib.platform.domain.media_files import PENDING, prefix_of
from chalicelib.platform.domain.store_rows import Row
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import MEDIA_LIBRARY


def list_abandoned(transaction: StoreTransaction, store_id: str, before: datetime, limit: int) -> list[Row]:
    """Return id, object and bytes of at most `limit` files that were declared before a time and are not ready.

    Only files whose object Backroom named: rows of a legacy database name objects that nobody uploads here.
    """
    columns = (MEDIA_LIBRARY.c.id, MEDIA_LIBRARY.c.storage_key, MEDIA_LIBRARY.c.byte_size)
    own_key = literal(prefix_of(store_id), String).concat(cast(MEDIA_LIBRARY.c.id, String(36)))
    is_abandoned = and_(
        MEDIA_LIBRARY.c.status == PENDING,
        MEDIA_LIBRARY.c.created_at < before,
        MEDIA_LIBRARY.c.storage_key == own_key,
    )
    statement = select(*columns).where(is_abandoned).order_by(MEDIA_LIBRARY.c.id).limit(limit)
    return [dict(row) for row in transaction.connection.execute(statement).mappings()]


def delete_pending(transaction: StoreTransaction, file_id: str) -> bool:
    """Delete the row of a pending file. Returns False if the file is ready now, or gone."""
    is_pending = and_(MEDIA_LIBRARY.c.id == file_id, MEDIA_LIBRARY.c.status == PENDING)
    return bool(transaction.connection.execute(delete(MEDIA_LIBRARY).where(is_pending)).rowcount)
