"""The steps of a provisioning job. Each may be repeated: it looks for what an earlier worker did before it acts."""

from __future__ import annotations

from dataclasses import asdict

from chalicelib.kit import logs
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import SchemaInUse, SchemaMismatch
from chalicelib.platform.domain.provisioning import COMPLETE
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget
from chalicelib.platform.domain.table_comparison import Difference, compare_table
from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.repository import (
    database_states,
    integration_configs,
    provisioning_jobs,
    store_inspections,
    store_migrations,
    store_schemas,
    store_seeds,
    store_tables,
)
from chalicelib.platform.repository.store_tables import ExistingTable
from chalicelib.platform.repository.store_transactions import execute_as_written
from chalicelib.platform.repository.stores import get_store
from chalicelib.platform.service import provisioning_places, store_connections
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES
from chalicelib.platform.store_database.tables import TABLES

NAMES = tuple(table.name for table in TABLES)
VERSION_TABLE = store_migrations.VERSION_TABLE

log = logs.logger("platform")


def inspect_tables(run: JobRun) -> None:
    """Compare the tables that exist, and adopt those that fit. Raises SchemaInUse, SchemaMismatch."""
    target = provisioning_places.get_target(run)
    connection = run.connect(target)
    with connection.begin():
        existing = store_tables.list_tables(connection, target.dialect, target.schema)
        _require_own(run, existing)
        differences = []
        technical = [existing[name] for name in (VERSION_TABLE, *TECHNICAL_TABLES) if name in existing]
        differences += [Difference(each.name, "", "other_migrations") for each in technical if each.mark is None]
        strangers = [name for name in NAMES if name in existing and existing[name].mark != run.mark]
        views = [name for name in strangers if not existing[name].is_table]
        differences += [Difference(name, "", "not_a_table") for name in views]
        shapes = store_inspections.read_shapes(connection, target.schema, [n for n in strangers if n not in views])
        for shape in shapes:
            expected = store_inspections.expected_shape(shape.name, connection.dialect)
            differences += compare_table(expected, shape)
    if differences:
        report = {"differences": [asdict(difference) for difference in differences]}
        raise SchemaMismatch(extras={"report": report})
    if strangers:
        run.save(report={"adopted": strangers})


def create_tables(run: JobRun) -> None:
    """Create the missing tables, each with the job's mark in one step. Raises Postponed, SchemaInUse.

    The job counts the tables that exist, so that each turn of a worker creates at least one.
    """
    target = provisioning_places.get_target(run)
    for count, name in enumerate(NAMES[run.job.tables_created :], start=run.job.tables_created + 1):
        _ensure_table(run, target, name)
        run.save_tables(count)
        run.require_time()


def _ensure_table(run: JobRun, target: ProvisioningTarget, name: str) -> None:
    connection = run.connect(target)
    adopted = (run.job.report or {}).get("adopted", [])
    with connection.begin():
        store_tables.lock_tables(connection, target.dialect, target.schema)
        existing = store_tables.list_tables(connection, target.dialect, target.schema)
        _require_own(run, existing)
        if name not in existing:
            statements = revisions.table_statements(name, target.dialect, target.schema, str(run.mark))
            execute_as_written(connection, statements)
        elif existing[name].mark != run.mark and name not in adopted:
            raise SchemaInUse  # created since the inspection, not by this job
        if target.login is not None:  # a shared server's schema gives its role the rights on new tables
            table = store_tables.qualified(connection, target.schema, name)
            store_tables.grant_table(connection, target.dialect, table, target.login)


def _require_own(run: JobRun, existing: dict[str, ExistingTable]) -> None:
    """Raise SchemaInUse if a job of another store created one of the tables."""
    if any(table.mark is not None and table.mark.store_id != run.store.id for table in existing.values()):
        raise SchemaInUse


def record_revision(run: JobRun) -> None:
    """Run the revisions after the one of the created tables, and record the last one."""
    target = provisioning_places.get_target(run)
    connection = run.connect(target)
    store_migrations.upgrade(connection, target.dialect, target.schema, str(run.mark))
    if target.grantee is not None:
        with connection.begin():
            store_schemas.revoke_table(connection, target.dialect, target.schema, VERSION_TABLE, target.grantee)
            store_tables.grant_tables(connection, target.dialect, target.schema, TECHNICAL_TABLES, target.grantee)


def add_seeds(run: JobRun) -> None:
    """Add the first rows to the tables that this store's jobs created. What is there is not changed."""
    target = provisioning_places.get_target(run)
    connection = run.connect(target)
    with connection.begin():
        existing = store_tables.list_tables(connection, target.dialect, target.schema)
        own = [name for name in NAMES if name in existing and existing[name].mark is not None]
        store_seeds.insert_seeds(connection, target.schema, own)


def activate_store(run: JobRun) -> None:
    """Try the login of the store's calls, store the connection and complete the job, all or nothing."""
    target = provisioning_places.get_target(run)
    place = target.place()
    with store_connections.connect(place.server) as connection:
        store_schemas.check_access(connection, place, (*NAMES, *TECHNICAL_TABLES))
    kind = run.request.database.type
    migrator = target.admin if target.admin != target.runtime else None
    integration_configs.save_place(run.store.id, kind, place, migrator)
    columns = {
        "database_type": kind,
        "database_host": place.server.host,
        "database_name": place.server.database,
        "config_version": run.store.config_version + 1,
        "schema_revision": revisions.HEAD,
    }
    completion = {"status": JobStatus.COMPLETED, "progress": COMPLETE, "message": "The store's database is ready"}
    store = get_store(run.store.id)
    status = DatabaseStatus.ACTIVE if store.is_active else DatabaseStatus.SUSPENDED
    with Transaction() as transaction:
        provisioning_jobs.stage_end(transaction, run.job, completion)
        database_states.stage_job_end(transaction, store, run.job.id, status, columns)
    log.info("store provisioned", extra={"job": run.job.id, "store": run.store.id, "kind": kind})
