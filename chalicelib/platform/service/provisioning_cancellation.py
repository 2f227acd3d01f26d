"""Cancellation of a job that creates a place: drops the tables, the schema and the login that the job created."""

from __future__ import annotations

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.kit import logs
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.kit.tables import Transaction
from chalicelib.platform.domain.provisioning import ORDERS, SHARED_DELAY, Step
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget
from chalicelib.platform.enums import JobKind, JobStatus
from chalicelib.platform.metrics import JOBS_STUCK
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository import (
    database_states,
    provisioning_jobs,
    store_schemas,
    store_seeds,
    store_tables,
)
from chalicelib.platform.repository.stores import get_store
from chalicelib.platform.schemas.databases import SharedDatabase
from chalicelib.platform.service import free_shared_stores, job_reports, provisioning_places, supabase_projects
from chalicelib.platform.service.job_runs import JobRun, Postponed
from chalicelib.platform.service.provisioning_steps import NAMES, VERSION_TABLE
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES

log = logs.logger("platform")


def cancel(run: JobRun) -> None:
    """Remove what the job created and end it.

    Objects that existed before are left and reported. So is a table with rows, unless the job moves or restores a
    store: then the rows are copies. If a later job adopted tables on an owner's server, everything stays there.
    """
    target = provisioning_places.find_target(run) if Step.PLACE in ORDERS[run.job.kind] else None
    if target is None:
        left = []
    elif target.role is None and _is_adopted(run.job):  # a shared server's schema is one job's
        left = ["all tables: a later job may use them"]
    else:
        left = _remove_tables(run, target)
    project = run.notes.get(supabase_projects.PROJECT)
    if project:
        left.append(f"project {project}")
    _end(run, left)


def end_unfinished(run: JobRun) -> None:
    """End a canceled job whose server cannot be used: what the job created is left.

    Raises Postponed if that is on a shared server, where only this job can drop it.
    """
    if _is_shared(run):
        JOBS_STUCK.count()
        log.error("schema of a canceled job left", extra={"job": run.job.id, "store": run.store.id})
        raise Postponed(SHARED_DELAY)
    _end(run, ["all tables: the server cannot be used"])


def _is_shared(run: JobRun) -> bool:
    """Return whether the job may have created a schema on a shared server, and can still be decrypted."""
    if provisioning_places.SERVER not in run.notes:
        return False
    try:
        return isinstance(run.request.database, SharedDatabase)
    except DecryptionFailed:
        return False


def _is_adopted(job: ProvisioningJob) -> bool:
    """Return whether a later job of the store completed with tables that existed before: they may be this job's."""
    return any(
        each.status is JobStatus.COMPLETED
        and each.completed_at > job.created_at
        and bool(job_reports.load_report(each).get("adopted"))
        for each in provisioning_jobs.iterate_jobs(job.store_id)
    )


def _remove_tables(run: JobRun, target: ProvisioningTarget) -> list[str]:
    """Drop the job's tables, last created first, and return the names of those that are left."""
    connection = run.connect(target)
    has_copies = run.job.kind is not JobKind.PROVISION
    left = []
    technical = (VERSION_TABLE, *TECHNICAL_TABLES)
    for name in [*technical, *reversed(NAMES)]:
        with connection.begin():
            store_tables.lock_tables(connection, target.dialect, target.schema)
            table = store_tables.list_tables(connection, target.dialect, target.schema).get(name)
            if table is None or table.mark != run.mark:
                continue
            quoted = store_tables.qualified(connection, target.schema, name)
            is_droppable = has_copies or name in technical
            if not is_droppable:
                store_seeds.delete_seeds(connection, target.schema, name)
            if is_droppable or store_tables.is_empty(connection, target.schema, name):
                store_tables.drop_table(connection, quoted)
            else:
                left.append(name)
    if not left:
        _remove_place(run, target)
    return left


def _remove_place(run: JobRun, target: ProvisioningTarget) -> None:
    """Drop the store's role or login, and the schema if the job created it and it is empty."""
    connection = run.connect(target)
    with connection.begin():
        facts = store_schemas.read_server_facts(connection, target.dialect, target.schema)
        if target.dialect is Dialect.MYSQL:
            if target.login is not None:
                store_schemas.drop_mysql_login(connection, target.login)
            return
        existing = store_tables.list_tables(connection, target.dialect, target.schema)
        if target.grantee is not None and facts.schema_exists:
            store_schemas.drop_role(connection, target.schema, target.grantee)
        is_empty = not existing
        if facts.schema_mark == run.mark and is_empty:
            store_schemas.drop_schema(connection, target.schema)


def _end(run: JobRun, left: list[str]) -> None:
    report = {**(run.job.report or {}), "left": left}
    columns = {"status": JobStatus.CANCELLED, "message": "The job was canceled", "report": report}
    store = get_store(run.store.id)
    with Transaction() as transaction:
        provisioning_jobs.stage_end(transaction, run.job, columns)
        database_states.stage_end_without_result(transaction, store, run.job, None)
        if store.database_type is None:
            free_shared_stores.stage_free_store_end(transaction, store)
    log.info("job canceled", extra={"job": run.job.id, "store": run.store.id, "left": len(left)})
