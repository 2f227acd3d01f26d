"""Removal of a place that a store no longer uses: drops what Backroom created there, and keeps everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.kit import clock, ids, logs
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import DatabaseRefused, SchemaInUse, Unreachable
from chalicelib.platform.domain.move_periods import OLD_PLACE_KEPT
from chalicelib.platform.domain.provisioning import COMPLETE, MAX_OUTAGES, SHARED_DELAY, Step
from chalicelib.platform.domain.provisioning_targets import created_login
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseType, JobKind, JobStatus
from chalicelib.platform.metrics import JOBS_STUCK
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository import provisioning_jobs, store_schemas, store_tables
from chalicelib.platform.repository.certificates import put_certificate
from chalicelib.platform.repository.integration_configs import StoredPlace
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.job_requests import CERTIFICATE, seal_details, unseal_details
from chalicelib.platform.service.job_runs import JobRun, Postponed
from chalicelib.platform.service.provisioning_steps import NAMES, VERSION_TABLE
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAMED = (*NAMES, VERSION_TABLE, *TECHNICAL_TABLES)
_PLACE, _WITH_TABLES = "place", "with_tables"

log = logs.logger("platform")


def new_drop_job(store_id: str, old: StoredPlace, requested_by: str) -> ProvisioningJob:
    """Return the job that drops a store's old place after OLD_PLACE_KEPT. The connection is sealed in its request."""
    now, job_id = clock.now(), ids.new()
    return ProvisioningJob(
        job_id,
        store_id=store_id,
        kind=JobKind.DROP,
        status=JobStatus.PENDING,
        message="Waiting until the old place is removed",
        step=Step.DROP,
        cursor={CERTIFICATE: put_certificate(store_id, old.certificate)} if old.certificate else {},
        request=seal_details(job_id, place_details(old)),
        requested_by=requested_by,
        lease_until=now + OLD_PLACE_KEPT,
        unfinished=provisioning_jobs.SCHEDULED,
        created_at=now,
        updated_at=now,
    )


def place_details(old: StoredPlace, *, with_tables: bool = False) -> dict[str, Any]:
    """Return a place as details of a job's request, without the certificate, which is not secret."""
    place = {"type": old.database_type, "public": old.public, "secret": old.secret}
    return {_PLACE: place, _WITH_TABLES: with_tables}


def drop_place_of(run: JobRun) -> None:
    """Remove what Backroom created at the place in the job's request, and end the job.

    Raises Postponed while a shared server cannot be used, Unavailable for the first attempts if an owner's server
    cannot.
    """
    old, with_tables = sealed_place(run.job)
    left = drop_or_wait(run, old, with_tables=with_tables)
    end = {"status": JobStatus.COMPLETED, "progress": COMPLETE, "message": "The old place is removed"}
    with Transaction() as transaction:
        provisioning_jobs.stage_end(transaction, run.job, {**end, "report": {"left": left}})
    log.info("old place dropped", extra={"job": run.job.id, "store": run.store.id, "left": len(left)})


def sealed_place(job: ProvisioningJob) -> tuple[StoredPlace, bool]:
    """Return the place in a job's request, and whether its tables are dropped. Raises DecryptionFailed."""
    details = unseal_details(job)
    place, certificate = details[_PLACE], (job.cursor or {}).get(CERTIFICATE)
    old = StoredPlace(DatabaseType(place["type"]), place["public"], place["secret"], certificate)
    return old, details[_WITH_TABLES]


def drop_or_wait(run: JobRun, place: StoredPlace, *, with_tables: bool) -> list[str]:
    """Drop what Backroom created at a place, and return the names of what is left.

    Raises Postponed while a shared server cannot be used, Unavailable for the first attempts if an owner's server
    cannot.
    """
    try:
        return drop_old_place(place, run.store.id, with_tables=with_tables)
    except (Problem, StatementFailed, SettingMissing) as error:
        failure = {"job": run.job.id, "store": run.store.id, "error": type(error).__name__}
        if place.database_type is DatabaseType.SHARED:
            JOBS_STUCK.count()
            log.error("schema of a store left: its shared server cannot be used", extra=failure)
            raise Postponed(SHARED_DELAY) from error
        if run.job.attempts <= MAX_OUTAGES:
            raise Unavailable("The store's server cannot be used.") from error
        log.warning("tables of a store left: its server cannot be used", extra=failure)
        return ["all tables: the server cannot be used"]


def drop_old_place(old: StoredPlace, store_id: str, *, with_tables: bool = False) -> list[str]:
    """Remove what Backroom created at a place that the store no longer uses.

    Returns the names of objects that are left. On a shared server, drops the schema and the role; on an owner's server
    the store's login and, with `with_tables`, the tables with the store's mark. If an owner's server refuses the
    connection, everything stays there. Idempotent. Raises SchemaInUse if the schema of a shared server is another
    store's, Unreachable.
    """
    place = old.migrating_place()
    try:
        with store_connections.connect(place.server) as connection:
            if old.database_type is DatabaseType.SHARED:
                _drop_shared(connection, place, str(old.public["role"]), store_id)
                return []
            left = _drop_tables(connection, place, store_id) if with_tables else _list_tables(connection, place)
            login = created_login(old.public["username"])
            if login is not None and not _drop_login(connection, place, login):
                left.append(f"login {login}")
            if with_tables and place.server.dialect is Dialect.POSTGRESQL:
                _drop_empty_schema(connection, place, store_id)
            return left
    except Unreachable:
        raise
    except DatabaseRefused as refusal:
        if old.database_type is DatabaseType.SHARED:
            raise
        log.info("old place left: its server refuses us", extra={"store": store_id, "code": refusal.code})
        return ["all tables: the server cannot be used"]


def _drop_shared(connection: Connection, place: StorePlace, role: str, store_id: str) -> None:
    """Drop the schema and the role of a store on a shared server in one transaction. Raises SchemaInUse."""
    with store_schemas.statements(connection):
        facts = store_schemas.read_server_facts(connection, place.server.dialect, place.schema)
        if not facts.schema_exists:
            return
        if facts.schema_mark is None or facts.schema_mark.store_id != store_id:
            raise SchemaInUse
        store_schemas.drop_role(connection, place.schema, role)
        store_schemas.drop_schema_with_tables(connection, place.schema)


def _list_tables(connection: Connection, place: StorePlace) -> list[str]:
    with store_schemas.statements(connection):
        existing = store_tables.list_tables(connection, place.server.dialect, place.schema)
    return [name for name in _NAMED if name in existing]


def _drop_tables(connection: Connection, place: StorePlace, store_id: str) -> list[str]:
    """Drop the tables with the store's mark, referring tables first. Returns the names of those left."""
    dialect, schema = place.server.dialect, place.schema
    with store_schemas.statements(connection):
        existing = store_tables.list_tables(connection, dialect, schema)
    own = {name for name, table in existing.items() if table.mark is not None and table.mark.store_id == store_id}
    ordered = [*sorted(own - set(NAMES)), *(name for name in reversed(NAMES) if name in own)]
    for name in ordered:
        with store_schemas.statements(connection):
            store_tables.lock_tables(connection, dialect, schema)
            store_tables.drop_table(connection, store_tables.qualified(connection, schema, name))
    return [name for name in _NAMED if name in existing.keys() - own]


def _drop_login(connection: Connection, place: StorePlace, login: str) -> bool:
    """Drop the login that a job created. Returns False if the server does not allow it."""
    try:
        with store_schemas.statements(connection):
            if place.server.dialect is Dialect.MYSQL:
                store_schemas.drop_mysql_login(connection, login)
            else:
                facts = store_schemas.read_server_facts(connection, place.server.dialect, place.schema)
                if facts.schema_exists:
                    store_schemas.drop_role(connection, place.schema, login)
    except StatementFailed as failure:
        if failure.reason not in (FailureReason.PRIVILEGE, FailureReason.OTHER):
            raise
        return False
    return True


def _drop_empty_schema(connection: Connection, place: StorePlace, store_id: str) -> None:
    """Drop the schema if a job of the store created it and nothing is in it."""
    with store_schemas.statements(connection):
        facts = store_schemas.read_server_facts(connection, place.server.dialect, place.schema)
        is_own = facts.schema_mark is not None and facts.schema_mark.store_id == store_id
        if is_own and not store_tables.list_tables(connection, place.server.dialect, place.schema):
            store_schemas.drop_schema(connection, place.schema)
