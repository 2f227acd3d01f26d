"""Rows that belong to the rows of a list: one statement for each relation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from chalicelib.platform.domain.store_relations import Relation
from chalicelib.platform.domain.store_rows import Row
from chalicelib.platform.repository.store_schema import schemas, sql_table
from chalicelib.platform.repository.store_transactions import StoreTransaction

_POSITION = "position_of_relation"


def related_rows(
    transaction: StoreTransaction, relation: Relation, values: Collection[Any], limit: int
) -> dict[Any, list[Row]]:
    """Return the whole related rows by the value that they belong to: of each at most `limit`, in order of the key."""
    if not values:
        return {}
    schema = schemas()[relation.table]
    table = sql_table(schema)
    remote = table.c[relation.remote]
    position = func.row_number().over(partition_by=remote, order_by=[table.c[name] for name in schema.key])
    numbered = select(table, position.label(_POSITION)).where(remote.in_(sorted(values))).subquery()
    columns = [numbered.c[name] for name in schema.columns]
    statement = (
        select(*columns).where(numbered.c[_POSITION] <= limit).order_by(*(numbered.c[name] for name in schema.key))
    )
    related: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in transaction.connection.execute(statement).mappings():
        related[row[relation.remote]].append(dict(row))
    return related
