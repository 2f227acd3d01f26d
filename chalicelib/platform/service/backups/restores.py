"""Requests for restores: the backup and the new place. Uses no SQL: a worker runs the job."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import ids
from chalicelib.platform.database_errors import InvalidRestore
from chalicelib.platform.enums import DatabaseType, JobKind
from chalicelib.platform.errors import StoreDeleting, StoreNotProvisioned
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.schemas.backups import RestoreInput
from chalicelib.platform.schemas.databases import Database, PostgresqlDatabase, SharedDatabase
from chalicelib.platform.schemas.provisioning import JobAccepted
from chalicelib.platform.service import provisioning
from chalicelib.platform.service.backups.requests import get_backup
from chalicelib.platform.service.job_requests import new_request
from chalicelib.platform.service.provisioning_details import DATABASE_TYPE, LOGIN_SUFFIX

BACKUP = "backup"
"""The detail of the request with the facts of the backup: its address, size and SHA-256."""
LOADED = "loaded"
"""The name of a note: the number of loaded parts, and of loaded rows of the next part."""
_SCHEMA_DIGITS = 12


def request_restore(store: Store, body: RestoreInput, requested_by: str) -> tuple[JobAccepted, bool]:
    """Start the job that restores a backup, or return the job in progress. Also returns whether the job is new.

    Raises BackupNotFound, InvalidRestore if `database` is missing for a store on MySQL, StoreDeleting,
    StoreNotProvisioned, FreeStoresLimit, TooManyRequests.
    """
    backup = get_backup(store.id, body.backup)
    if store.deletion_due_at is not None:
        raise StoreDeleting
    details: dict[str, Any] = {BACKUP: (backup.report or {})[BACKUP]}
    database = body.database
    if database is None:
        database = _database_beside(store)
        details |= _place_details(store, database)
    job = provisioning.new_place_job(store.id, JobKind.RESTORE, new_request(database, details), requested_by)
    return provisioning.request_place_job(store, job, database, StoreNotProvisioned())


def _database_beside(store: Store) -> Database:
    """Return a new schema on the store's server. Raises InvalidRestore for MySQL, where a schema is a database."""
    if store.database_type is DatabaseType.SHARED:
        return SharedDatabase(type=DatabaseType.SHARED)
    if store.database_type is DatabaseType.MYSQL:
        raise InvalidRestore(errors=[{"path": "body.database", "message": "is required for a store on MySQL"}])
    server = integration_configs.load_migrator(store).server
    return PostgresqlDatabase.model_validate(
        {
            "type": DatabaseType.POSTGRESQL,
            "host": server.host,
            "port": server.port,
            "database": server.database,
            "schema": f"store_{ids.new().replace('-', '')[-_SCHEMA_DIGITS:]}",
            "username": server.username,
            "password": server.password,
            "ca_certificate": server.ca_certificate,
        }
    )


def _place_details(store: Store, database: Database) -> dict[str, Any]:
    """Return the type that the store keeps, and the suffix of its logins at the pooler of a Supabase project."""
    details: dict[str, Any] = {DATABASE_TYPE: store.database_type}
    if store.database_type is DatabaseType.SUPABASE and isinstance(database, PostgresqlDatabase):
        _, dot, project = database.username.partition(".")
        details[LOGIN_SUFFIX] = f"{dot}{project}"
    return details
