"""Downgrade of a store's tables, for tests, benchmarks and the demo: a deployment never goes back to earlier tables."""

from __future__ import annotations

from sqlalchemy import Connection

from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs, stores
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.tables import METADATA


def downgrade_store(store_id: str) -> None:
    """Set a store back to the first revision, like one that an earlier version provisioned."""
    store = stores.get_store(store_id)
    place = integration_configs.load_migrator(store)
    with store_connections.connect(place.server) as connection:
        downgrade(connection, place.server.dialect, place.schema)
    store.update([Store.schema_revision.set(revisions.BASELINE)])


def downgrade(connection: Connection, dialect: Dialect, schema: str, revision: str = revisions.BASELINE) -> None:
    """Set the revision of a schema's tables and commit. For the first one, drop what later ones added."""
    name = quoted(schema, dialect)
    later = revisions.pending(revision) if revision == revisions.BASELINE else ()
    for change in (change for each in later for change in revisions.changes(each, Dialect.MYSQL)):
        column = str(change.index).removeprefix(f"ix_{change.table}_")
        if change.index is None:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}.{change.table}")
        elif dialect is Dialect.POSTGRESQL:
            connection.exec_driver_sql(f"DROP INDEX {name}.{change.index}")
        elif not METADATA.tables[change.table].c[column].foreign_keys:
            connection.exec_driver_sql(f"ALTER TABLE {name}.{change.table} DROP INDEX {change.index}")
        else:  # MySQL keeps an index for each reference
            own = f"ADD INDEX IF NOT EXISTS fk_{change.table}_{column} ({column})"
            connection.exec_driver_sql(f"ALTER TABLE {name}.{change.table} DROP INDEX {change.index}, {own}")
    connection.exec_driver_sql(f"UPDATE {name}.alembic_version SET version_num = '{revision}'")
    connection.commit()
