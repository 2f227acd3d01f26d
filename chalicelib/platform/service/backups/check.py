"""The first step of a restore: compares the whole backup with its recorded hashes before anything is created."""

from __future__ import annotations

import hashlib
from typing import Any

from chalicelib.integrations import storage
from chalicelib.platform.database_errors import BackupDamaged, BackupNotFound, BackupTooNew
from chalicelib.platform.domain.backup_manifests import BackupManifest, TableFile, mismatch
from chalicelib.platform.domain.backup_rows import decode_row
from chalicelib.platform.domain.store_schema import ColumnSchema, TableSchema
from chalicelib.platform.repository import backup_files
from chalicelib.platform.repository.backup_files import BackupReader, BackupUnreadable
from chalicelib.platform.repository.provisioning_jobs import CHECKED
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.service.backups.heartbeats import Heartbeat
from chalicelib.platform.service.backups.restores import BACKUP, LOADED
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.store_database import revisions

_ROWS_BETWEEN_BEATS = 500


def check_backup(run: JobRun) -> None:
    """Check the backup's digest, manifest, and each table's file. Raises BackupNotFound, BackupDamaged, BackupTooNew."""
    facts, heartbeat = run.request.details[BACKUP], Heartbeat(run)
    try:
        if run.notes.get(CHECKED) is None:
            _check_whole(facts, heartbeat)
        with backup_files.open_backup(facts["stored_at"]) as backup:
            manifest = check_manifest(backup, run.store.id)
            names = list(manifest.tables)
            for position, name in enumerate(names[run.notes.get(CHECKED) or 0 :], run.notes.get(CHECKED) or 0):
                check_table(backup, manifest, name, heartbeat, position / len(names))
                if heartbeat.is_due:
                    heartbeat.force((position + 1) / len(names), **{CHECKED: position + 1})
                    run.require_time()
    except storage.NoSuchObject:
        raise BackupNotFound from None
    except BackupUnreadable as damage:
        raise BackupDamaged(str(damage)) from damage
    run.note(**{CHECKED: None, LOADED: None})


def check_manifest(backup: BackupReader, store_id: str) -> BackupManifest:
    """Return the manifest. Raises BackupUnreadable, BackupDamaged, BackupTooNew if this version cannot read the backup."""
    manifest = backup.read_manifest()
    if manifest.store_id != store_id:
        raise BackupDamaged("The manifest names another store.")
    if manifest.revision > revisions.HEAD:
        raise BackupTooNew
    if manifest.tables.keys() != schemas().keys():
        raise BackupDamaged("The manifest does not name the store's tables.")
    return manifest


def check_table(
    backup: BackupReader, manifest: BackupManifest, name: str, heartbeat: Heartbeat | None = None, share: float = 0
) -> None:
    """Read all rows of a table's file. Raises BackupUnreadable, BackupDamaged for another digest, count or value."""
    file = TableFile(_count_rows(backup, schemas()[name], heartbeat, share), backup.hash_file(name))
    difference = mismatch(manifest, name, file)
    if difference is not None:
        raise BackupDamaged(difference)


def columns_of(schema: TableSchema, header: list[str]) -> list[ColumnSchema]:
    """Return the columns of a file's header. Raises BackupDamaged if the table has no such column, or the key is missing."""
    if not set(schema.key) <= set(header) <= schema.columns.keys() or len(set(header)) < len(header):
        raise BackupDamaged(f"The file of {schema.name} has other columns than the table.")
    return [schema.columns[column] for column in header]


def _check_whole(facts: dict[str, Any], heartbeat: Heartbeat) -> None:
    """Compare the size and hash of the zip with those that its job recorded. Raises NoSuchObject, BackupDamaged."""
    size, digest = 0, hashlib.sha256()
    for chunk in backup_files.iterate_chunks(facts["stored_at"]):
        size += len(chunk)
        digest.update(chunk)
        heartbeat.beat(0)
    if (size, digest.hexdigest()) != (facts["byte_size"], facts["sha256"]):
        raise BackupDamaged("Its size or SHA-256 is not the recorded one.")


def _count_rows(backup: BackupReader, schema: TableSchema, heartbeat: Heartbeat | None, share: float) -> int:
    """Decode and count the rows of a table's file. Raises BackupUnreadable, BackupDamaged."""
    rows = backup.iterate_rows(schema.name)
    columns, count = columns_of(schema, next(rows, [])), 0
    for count, fields in enumerate(rows, 1):
        try:
            decode_row(columns, fields)
        except ValueError as error:
            raise BackupDamaged(f"Row {count} of {schema.name} cannot be read.") from error
        if heartbeat is not None and count % _ROWS_BETWEEN_BEATS == 0:
            heartbeat.beat(share)
    return count
