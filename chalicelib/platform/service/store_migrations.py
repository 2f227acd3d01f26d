"""Migration of one store in a fleet run. The result is stored in our words, never the server's."""

from __future__ import annotations

import time
from functools import partial

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit import logs, messages
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.errors import Problem
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.platform.database_errors import MigrationInProgress
from chalicelib.platform.domain.migration_runs import has_tables
from chalicelib.platform.domain.provisioning_targets import grantee_of
from chalicelib.platform.enums import MigrationRunStatus, StoreMigrationStatus
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store, StoreMigration
from chalicelib.platform.repository import integration_configs, migrations, store_migrations, store_tables, stores
from chalicelib.platform.schemas.migrations import StoreMigrationRequested, StoreMigrationsRequested
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.migrations import continue_run
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES
from chalicelib.platform.store_database.revisions import HEAD, RevisionUnknown

_STATEMENT_PROBLEMS = {
    FailureReason.PRIVILEGE: "The login may not change tables.",
    FailureReason.LOCK_TIMEOUT: "Another transaction locks the tables.",
    FailureReason.STATEMENT_TIMEOUT: "A statement took too long.",
    FailureReason.DISCONNECTED: "The server closed the connection.",
    FailureReason.MISSING: "A table of the store is missing.",
}
_OTHER_PROBLEMS: dict[type[Exception], str] = {
    RevisionUnknown: "The tables have a revision that this version does not know.",
    SettingMissing: "A secret that the store's login needs is not set.",
    DecryptionFailed: "The store's login cannot be decrypted.",
}
_UNEXPECTED = "An unexpected error; see the log of platform-migrate_store."

log = logs.logger("platform")


def migrate_store(message: StoreMigrationRequested) -> None:
    """Migrate one store of a run, and store the result. A repeated message changes nothing.

    Raises MigrationInProgress while another worker migrates the store: the message is delivered again.
    """
    run = migrations.get_run(message.run_id)
    is_running = run.status is MigrationRunStatus.RUNNING
    row = migrations.mark_running(run.id, message.store_id) if is_running else None
    if row is not None:
        _migrate(row)
    continue_run(run.id)


def _migrate(row: StoreMigration) -> None:
    """Migrate the store of a row that is marked as running."""
    started = time.monotonic()
    try:
        store = stores.get_store(row.store_id)
        if not has_tables(store.database_status):
            _skip(row)
            return
        before = _upgrade(store, row)
    except StoreNotFound:
        _skip(row)
    except MigrationInProgress:
        raise
    except (Problem, StatementFailed, RevisionUnknown) as error:
        log.warning("store not migrated", extra={"store": row.store_id, "error": str(error)})
        migrations.finish_store(row, StoreMigrationStatus.FAILED, error_message=_reason(error))
    except Exception as error:
        log.exception("store not migrated", extra={"store": row.store_id})
        migrations.finish_store(row, StoreMigrationStatus.FAILED, error_message=_reason(error))
    else:
        duration = int((time.monotonic() - started) * 1000)
        columns = {"from_revision": before, "to_revision": HEAD, "duration_ms": duration}
        migrations.finish_store(row, StoreMigrationStatus.COMPLETED, **columns)


def _skip(row: StoreMigration) -> None:
    """Skip a store that lost its database after it was listed. In the canary another store takes its place."""
    migrations.finish_store(row, StoreMigrationStatus.SKIPPED)
    messages.publish(StoreMigrationsRequested(run_id=row.run_id))


def _upgrade(store: Store, row: StoreMigration) -> str:
    """Migrate the store's tables and grant its login rights on new technical tables. Returns the former revision."""
    place = integration_configs.load_migrator(store)
    dialect, schema = place.server.dialect, place.schema
    grantee = grantee_of(integration_configs.load_place(store), place)
    note = partial(migrations.note_statement, row.run_id, row.store_id)
    with store_connections.connect(place.server) as connection:
        before = store_migrations.upgrade(connection, dialect, schema, note=note)
        if grantee is not None:
            with connection.begin():
                store_tables.grant_tables(connection, dialect, schema, TECHNICAL_TABLES, grantee)
    return before


def _reason(error: Exception) -> str:
    """Return what to show of an error."""
    if isinstance(error, Problem):
        return error.detail
    if isinstance(error, StatementFailed):
        return _STATEMENT_PROBLEMS.get(error.reason, "The server refused a statement.")
    return next((words for kind, words in _OTHER_PROBLEMS.items() if isinstance(error, kind)), _UNEXPECTED)
