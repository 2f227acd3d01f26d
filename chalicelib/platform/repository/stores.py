"""Rows of the stores."""

from __future__ import annotations

from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store


def get_store(store_id: str) -> Store:
    """Return a store, read consistently. Raises StoreNotFound."""
    try:
        return Store.get(store_id, consistent_read=True)
    except Store.DoesNotExist:
        raise StoreNotFound from None
