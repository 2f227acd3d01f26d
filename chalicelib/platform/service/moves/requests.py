"""Requests for moves. Uses no SQL: a worker runs the job."""

from __future__ import annotations

from typing import Any

from chalicelib.platform.database_errors import SameDatabase
from chalicelib.platform.enums import DatabaseType, JobKind
from chalicelib.platform.errors import StoreNotProvisioned, StoreProvisioned
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.schemas.databases import Database, MysqlDatabase, PostgresqlDatabase
from chalicelib.platform.schemas.moves import LegacySource, MoveInput
from chalicelib.platform.schemas.provisioning import JobAccepted
from chalicelib.platform.service import provisioning
from chalicelib.platform.service.job_requests import new_request, plain_database, store_certificate_of
from chalicelib.platform.service.provisioning_details import LEGACY_SOURCE

LEGACY_CERTIFICATE = "from_certificate"
"""The name of the note with the address of the legacy server's certificate."""


def request_move(store: Store, body: MoveInput, requested_by: str) -> tuple[JobAccepted, bool]:
    """Start the job that moves the store, or return the job in progress. Also returns whether the job is new.

    With a legacy source the store must have no database. Raises StoreNotProvisioned, StoreProvisioned, SameDatabase,
    FreeStoresLimit, TooManyRequests.
    """
    source = body.legacy_source
    if store.active_job is None and source is None:
        _require_other_database(store, body.database)
    details, notes = _legacy_details(store.id, source) if source else ({}, {})
    job = provisioning.new_place_job(store.id, JobKind.MOVE, new_request(body.database, details), requested_by, notes)
    refusal = (
        StoreProvisioned("Only a store without a database can take over rows.") if source else StoreNotProvisioned()
    )
    if store.active_job is None and (source is None) == (store.database_type is None):
        raise refusal
    return provisioning.request_place_job(store, job, body.database, refusal)


def _require_other_database(store: Store, database: Database) -> None:
    """Raise SameDatabase if the owner names the store's current server, database and schema.

    The job checks this, too.
    """
    if store.database_type in (None, DatabaseType.SHARED) or not isinstance(
        database, PostgresqlDatabase | MysqlDatabase
    ):
        return
    public = integration_configs.read_public_place(store)
    schema = database.database if isinstance(database, MysqlDatabase) else database.schema_name
    present = (public["host"].lower(), public["port"], public["database"], public["schema"])
    if present == (database.host.lower(), database.port, database.database, schema):
        raise SameDatabase


def _legacy_details(store_id: str, source: LegacySource) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the legacy source as details of the request, and the first notes of the job."""
    certificate = store_certificate_of(store_id, source.database)
    details = {LEGACY_SOURCE: {"database": plain_database(source.database), "store_id": source.store_id}}
    return details, {LEGACY_SOURCE: True} | ({LEGACY_CERTIFICATE: certificate} if certificate else {})
