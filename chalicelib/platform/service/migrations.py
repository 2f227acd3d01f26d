"""Fleet migrations: a run lists all stores, migrates a canary of them, then the others in parallel.

Each step is a message and may be repeated. A store that fails stops no other one; a new run retries it.
"""

from __future__ import annotations

from chalicelib.kit import audit, clock, ids, logs, messages
from chalicelib.kit.auth import Account
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.platform.domain.migration_runs import (
    CANARY_SIZE,
    LISTED_STATUSES,
    NextStep,
    RunCounts,
    first_status,
    next_step,
)
from chalicelib.platform.enums import MigrationRunStatus, StoreMigrationStatus
from chalicelib.platform.models import MigrationRun, Store, StoreMigration
from chalicelib.platform.repository import migrations, stores
from chalicelib.platform.schemas.migrations import (
    MigrationRunRead,
    StoreListingRequested,
    StoreMigrationRead,
    StoreMigrationRequested,
    StoreMigrationsRequested,
)
from chalicelib.platform.store_database.revisions import HEAD

_LISTED_AT_ONCE = 30
_STARTED_AT_ONCE = 100

log = logs.logger("platform")


def start_run(account: Account, *, is_canary: bool) -> MigrationRunRead:
    """Start a run to the revision of this version. Raises MigrationInProgress while another one is running."""
    row = MigrationRun(
        ids.time_ordered(),
        revision=HEAD,
        status=MigrationRunStatus.RUNNING,
        is_canary=is_canary,
        started_by=account.id,
        started_at=clock.now(),
    )
    migrations.add_run(row)
    messages.publish(StoreListingRequested(run_id=row.id))
    audit.publish_operator_action(account, "platform.start_migration", f"migration:{row.id}", revision=HEAD)
    return _read(row)


def stop_run(account: Account, run_id: str) -> MigrationRunRead:
    """Stop a run: stores that have not begun stay as they are. Raises MigrationRunNotFound."""
    if migrations.end_run(migrations.get_run(run_id).id, MigrationRunStatus.STOPPED):
        audit.publish_operator_action(account, "platform.stop_migration", f"migration:{run_id}")
    return get_run(run_id)


def get_run(run_id: str) -> MigrationRunRead:
    """Return a run. Raises MigrationRunNotFound."""
    return _read(migrations.get_run(run_id))


def list_runs(page: PageRequest) -> PageResult[MigrationRunRead]:
    """Return a page of runs, newest first."""
    return migrations.list_runs(page).map(_read)


def list_store_migrations(
    run_id: str, status: StoreMigrationStatus, page: PageRequest
) -> PageResult[StoreMigrationRead]:
    """Return a page of a run's stores with a status. Raises MigrationRunNotFound."""
    migrations.get_run(run_id)
    return migrations.list_by_status(run_id, status, page).map(_read_store)


def list_fleet(message: StoreListingRequested) -> None:
    """Give the next stores their rows in the run, and request the listing of those after them."""
    run = migrations.get_run(message.run_id)
    if run.status is not MigrationRunStatus.RUNNING:
        return
    if message.status_index >= len(LISTED_STATUSES):
        migrations.mark_listed(run.id)
        messages.publish(StoreMigrationsRequested(run_id=run.id))
        continue_run(run.id)
        return
    page = stores.list_by_database_status(
        LISTED_STATUSES[message.status_index], PageRequest(_LISTED_AT_ONCE, message.start)
    )
    migrations.add_store_migrations(run.id, [_listed(run, store) for store in page.items])
    index = message.status_index if page.last_key else message.status_index + 1
    messages.publish(StoreListingRequested(run_id=run.id, status_index=index, start=page.last_key))


def start_stores(message: StoreMigrationsRequested) -> None:
    """Request the migration of a page of pending stores: of the canary alone while the run has one.

    The start of the others is noted before they are requested, so that none of their failures counts as the canary's.
    """
    run = migrations.get_run(message.run_id)
    if run.status is not MigrationRunStatus.RUNNING:
        return
    counts = _counts(run)
    step = next_step(counts)
    if step is NextStep.STOP or (step is NextStep.START_OTHERS and not migrations.mark_others_started(run.id)):
        return
    in_canary = counts.is_in_canary and step is not NextStep.START_OTHERS
    limit = CANARY_SIZE if in_canary else _STARTED_AT_ONCE
    page = migrations.list_pending(run.id, PageRequest(limit, message.start))
    messages.publish_many(StoreMigrationRequested(run_id=run.id, store_id=row.store_id) for row in page.items)
    if page.last_key and not in_canary:
        messages.publish(StoreMigrationsRequested(run_id=run.id, start=page.last_key))


def continue_run(run_id: str) -> None:
    """Take the run's next step after one of its stores: start the others, stop or complete it."""
    run = migrations.get_run(run_id)
    step = next_step(_counts(run))
    if run.status is not MigrationRunStatus.RUNNING or step is NextStep.WAIT:
        return
    if step is NextStep.START_OTHERS:
        messages.publish(StoreMigrationsRequested(run_id=run_id))
        return
    status = MigrationRunStatus.STOPPED if step is NextStep.STOP else MigrationRunStatus.COMPLETED
    if migrations.end_run(run_id, status):
        log.info("migration run ended", extra={"run": run_id, "status": status, "failed": run.failed})


def _listed(run: MigrationRun, store: Store) -> StoreMigration:
    now = clock.now()
    return StoreMigration(
        run.id,
        store.id,
        status=first_status(store.database_status, store.schema_revision, run.revision),
        from_revision=store.schema_revision,
        to_revision=run.revision,
        updated_at=now,
        expires_epoch=now + StoreMigration.KEEP,
    )


def _counts(run: MigrationRun) -> RunCounts:
    return RunCounts(run.total, run.done, run.failed, run.skipped, run.is_canary, run.is_listed, run.has_started_others)


def _read(row: MigrationRun) -> MigrationRunRead:
    return MigrationRunRead.model_validate(row, from_attributes=True)


def _read_store(row: StoreMigration) -> StoreMigrationRead:
    return StoreMigrationRead.model_validate(row, from_attributes=True)
