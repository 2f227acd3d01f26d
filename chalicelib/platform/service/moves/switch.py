"""The switch of a store to its new place, in one transaction. Until it commits, the source serves."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import logs, messages
from chalicelib.kit.tables import Transaction
from chalicelib.platform.domain.plan_limits import PlanLimit
from chalicelib.platform.domain.provisioning import COMPLETE
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget
from chalicelib.platform.enums import DatabaseStatus, DatabaseType, JobStatus
from chalicelib.platform.errors import StoreProvisioned
from chalicelib.platform.models import Store
from chalicelib.platform.repository import (
    database_states,
    integration_configs,
    provisioning_jobs,
    store_row_counts,
    store_schemas,
)
from chalicelib.platform.repository.store_transactions import StoreTransaction, in_schema
from chalicelib.platform.repository.stores import get_store
from chalicelib.platform.schemas.usage_messages import CensusRequested
from chalicelib.platform.service import (
    free_shared_stores,
    plan_limits,
    provisioning_places,
    provisioning_steps,
    store_connections,
)
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves import order_numbers
from chalicelib.platform.service.moves.old_places import new_drop_job
from chalicelib.platform.service.provisioning_details import DATABASE_TYPE, LEGACY_SOURCE
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES

log = logs.logger("platform")


def switch_store(run: JobRun) -> None:
    """Switch the store to the job's place and complete the job, in one transaction.

    The old place stays until a job drops it. The next call connects to the new place. Raises StoreProvisioned,
    PlanLimitReached, FreeStoresLimit, and the problems of a place whose login does not work.
    """
    target = provisioning_places.get_target(run)
    provisioning_steps.record_revision(run)  # the place may be older than this version
    place = target.place()
    with store_connections.connect(place.server) as connection:
        store_schemas.check_access(connection, place, (*provisioning_steps.NAMES, *TECHNICAL_TABLES))
    store = get_store(run.store.id)
    _require_allowed(run, store)
    columns = _columns(run, store, target)
    with Transaction() as transaction:
        _stage_switch(transaction, run, store, target)
        database_states.stage_job_end(transaction, store, run.job.id, _status(store), columns)
    log.info("store switched", extra={"job": run.job.id, "store": store.id, "kind": columns[DATABASE_TYPE]})
    messages.publish(CensusRequested(store_id=store.id))


def _require_allowed(run: JobRun, store: Store) -> None:
    """Raise StoreProvisioned, PlanLimitReached if the store may not take over the legacy rows."""
    if LEGACY_SOURCE not in run.request.details:
        return
    if store.database_type is not None:
        raise StoreProvisioned("Only a store without a database can take over rows.")
    target = provisioning_places.get_target(run)
    with store_schemas.statements(run.connect(target)):
        connection = in_schema(run.connect(target), target.schema)
        counted = store_row_counts.count_rows(StoreTransaction(connection, target.dialect, target.schema), None)
    used = {PlanLimit.PRODUCTS: counted["product_count"], PlanLimit.STORAGE: counted["storage_used_bytes"]}
    plan_limits.require_room_for(store, used)


def _columns(run: JobRun, store: Store, target: ProvisioningTarget) -> dict[str, Any]:
    """Return the columns of the store at its new place."""
    columns = {
        "database_type": _database_type(run),
        "database_host": target.runtime.host,
        "database_name": target.runtime.database,
        "config_version": store.config_version + 1,
        "schema_revision": revisions.HEAD,
    }
    return columns if store.database_type else columns | order_numbers.read_order_number(run, store)


def _stage_switch(transaction: Transaction, run: JobRun, store: Store, target: ProvisioningTarget) -> None:
    """Stage the new connection, the end of the job, and the job that drops the old place."""
    database_type = _database_type(run)
    end = {"status": JobStatus.COMPLETED, "progress": COMPLETE, "message": "The store uses its new database"}
    provisioning_jobs.stage_end(transaction, run.job, end)
    migrator = target.admin if target.admin != target.runtime else None
    integration_configs.stage_place(transaction, store.id, database_type, target.place(), migrator)
    if database_type is DatabaseType.SHARED:
        free_shared_stores.stage_free_store(transaction, store)
    if store.database_type is None:
        return
    old = integration_configs.load_stored_place(store)
    transaction.add(new_drop_job(store.id, old, run.job.requested_by))
    if store.database_type is not database_type:
        integration_configs.stage_removal(transaction, store.id, store.database_type)
    if store.database_type is DatabaseType.SHARED and database_type is not DatabaseType.SHARED:
        free_shared_stores.stage_free_store_end(transaction, store)


def _status(store: Store) -> DatabaseStatus:
    return DatabaseStatus.ACTIVE if store.is_active else DatabaseStatus.SUSPENDED


def _database_type(run: JobRun) -> DatabaseType:
    return DatabaseType(run.request.details.get(DATABASE_TYPE, run.request.database.type))
