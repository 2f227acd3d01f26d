"""The step of a backup: writes one snapshot of the store as a zip of CSV files. After a crash it starts over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit import clock, logs
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import BackupTooLarge
from chalicelib.platform.domain.backup_manifests import BackupManifest
from chalicelib.platform.domain.backup_rows import encode_row
from chalicelib.platform.domain.provisioning import COMPLETE, TURN
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.repository import (
    backup_files,
    database_states,
    integration_configs,
    provisioning_jobs,
    store_snapshots,
)
from chalicelib.platform.repository.backup_files import BackupWriter
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.backups.heartbeats import Heartbeat
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.store_database import revisions

LONGEST = timedelta(minutes=13)
"""A snapshot must be read over one connection, and a function is stopped after 15 minutes."""
BACKUP = "backup"
"""The key of a backup's facts in the job's report."""

log = logs.logger("platform")


def export_store(run: JobRun) -> None:
    """Write a snapshot of the store's rows and complete the job. Raises BackupTooLarge, and problems of the server."""
    place = integration_configs.load_place(run.store)
    url = backup_files.address_of(run.store.id, run.job.id, run.job.fence)
    with (
        store_connections.connect(place.server) as connection,
        store_snapshots.open_snapshot(connection, place) as snapshot,
        backup_files.write_backup(url) as writer,
    ):
        manifest = _write_tables(run, snapshot, writer)
    _complete(run, url, manifest, writer)


def _write_tables(run: JobRun, snapshot: StoreTransaction, writer: BackupWriter) -> BackupManifest:
    """Write each table's file and the manifest, and return it."""
    created_at, heartbeat = clock.now(), Heartbeat(run)
    tables = list(schemas().values())
    for position, schema in enumerate(tables):
        pages = _pages(run, snapshot, schema, heartbeat, position / len(tables))
        writer.add_table(schema.name, list(schema.columns), pages)
    revision = run.store.schema_revision or revisions.HEAD
    manifest = BackupManifest(run.store.id, revision, created_at, writer.tables)
    writer.add_manifest(manifest)
    return manifest


def _pages(
    run: JobRun, snapshot: StoreTransaction, schema: TableSchema, heartbeat: Heartbeat, share: float
) -> Iterator[list[list[str]]]:
    """Yield the fields of a table's rows, a page at a time. Raises BackupTooLarge, LeaseLost."""
    columns = list(schema.columns.values())
    for page in store_snapshots.iterate_pages(snapshot, schema, list(schema.columns)):
        _require_time(run.ends_at - TURN)
        heartbeat.beat(share)
        yield [encode_row(columns, row) for row in page]


def _require_time(started_at: datetime) -> None:
    if clock.now() >= started_at + LONGEST:
        raise BackupTooLarge(f"Its rows were not read within {LONGEST // timedelta(minutes=1)} minutes.")


def _complete(run: JobRun, url: str, manifest: BackupManifest, writer: BackupWriter) -> None:
    """End the job with the facts of the backup. The status of the store's database does not change."""
    facts: dict[str, Any] = {
        "stored_at": url,
        "created_at": clock.iso(manifest.created_at),
        "revision": manifest.revision,
        "byte_size": writer.byte_size,
        "sha256": writer.sha256,
        "tables": {name: file.rows for name, file in manifest.tables.items()},
    }
    end = {"status": JobStatus.COMPLETED, "progress": COMPLETE, "message": "The backup is ready"}
    with Transaction() as transaction:
        provisioning_jobs.stage_end(transaction, run.job, {**end, "report": {BACKUP: facts}})
        database_states.stage_job_release(transaction, run.store.id, run.job.id)
    log.info("store backed up", extra={"job": run.job.id, "store": run.store.id, "bytes": writer.byte_size})
