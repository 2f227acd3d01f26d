"""The first rows of a store, with fixed ids: a root category, SEO settings for each scope, and three draft pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from chalicelib.kit import clock, ids
from chalicelib.platform.repository.store_transactions import in_schema
from chalicelib.platform.store_database.tables import CATEGORIES, CMS_PAGES, SEO_SETTINGS

_NAMESPACE = "6a1f4f0e-6d6f-4f53-9d0a-0f2f6c1f7c55"
_PAGES = {"about": "About us", "contact": "Contact", "terms": "Terms"}
_SCOPES = tuple(SEO_SETTINGS.c.scope.info["values"])


def _seed(table: Table, key: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": ids.derived(_NAMESPACE, table.name, key), **columns}


SEEDS: dict[str, tuple[Table, str, list[dict[str, Any]]]] = {
    table.name: (table, unique, [_seed(table, row[unique], row) for row in rows])
    for table, unique, rows in (
        (CATEGORIES, "slug", [{"slug": "all", "name": "All products"}]),
        (CMS_PAGES, "slug", [{"slug": slug, "title": title} for slug, title in _PAGES.items()]),
        (SEO_SETTINGS, "scope", [{"scope": scope} for scope in _SCOPES]),
    )
}
"""By table: the table, its unique column and the rows."""


def insert_seeds(connection: Connection, schema: str, names: Collection[str]) -> None:
    """Insert the missing seeds of these tables. A row with the same unique value stays as it is."""
    acting = in_schema(connection, schema)
    now = clock.now()
    for name in sorted(SEEDS.keys() & set(names)):
        table, unique, rows = SEEDS[name]
        present = set(acting.execute(select(table.c[unique])).scalars())
        missing = [{**row, "created_at": now, "updated_at": now} for row in rows if row[unique] not in present]
        if missing:
            acting.execute(insert(table), missing)


def delete_seeds(connection: Connection, schema: str, name: str) -> None:
    """Delete the unchanged seeds of a table, so that it is empty unless somebody else wrote to it."""
    if name in SEEDS:
        table, _, rows = SEEDS[name]
        unchanged = table.c.id.in_([row["id"] for row in rows]) & (table.c.version == 1)
        in_schema(connection, schema).execute(delete(table).where(unchanged))
