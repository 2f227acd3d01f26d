"""Connections to stores' databases on real servers."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import insert, select

from chalicelib.kit import clock, ids
from chalicelib.platform.models import Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import CUSTOMERS


def test_try(provisioned_store: Store) -> None:
    now = clock.now()
    row = {
        "id": ids.new(),
        "email": "a@b.c",
        "addresses": [{"a": "ü"}],
        "total_spent": Decimal("1.2345"),
        "created_at": now,
        "updated_at": now,
    }
    with store_connections.transaction(provisioned_store) as transaction:
        transaction.connection.execute(insert(CUSTOMERS).values(row))
    with store_connections.transaction(provisioned_store) as transaction:
        got = transaction.connection.execute(select(CUSTOMERS)).mappings().one()
    assert row.items() <= dict(got).items()
