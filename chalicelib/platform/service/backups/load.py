"""The step of a restore that loads the rows into the new place and compares them with the backup.

Tables are loaded in the order of their creation. Categories refer to each other, so their parents are set after all
rows exist. At the end each table is exported again and must have the hash of the backup's file. Rows of a crashed
worker stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from chalicelib.integrations import storage
from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.platform.database_errors import BackupDamaged, BackupNotFound, CopyNotEqual, RowNotPortable
from chalicelib.platform.domain.backup_manifests import BackupManifest
from chalicelib.platform.domain.backup_rows import decode_row, encode_row
from chalicelib.platform.domain.store_rows import Row, new_row
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.repository import backup_files, store_restores, store_snapshots
from chalicelib.platform.repository.backup_files import BackupReader, BackupUnreadable
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.repository.store_transactions import StoreTransaction, in_schema
from chalicelib.platform.service import provisioning_places
from chalicelib.platform.service.backups.check import check_manifest, columns_of
from chalicelib.platform.service.backups.heartbeats import Heartbeat
from chalicelib.platform.service.backups.restores import BACKUP, LOADED
from chalicelib.platform.service.job_runs import JobRun

BATCH_ROWS = 500
_REFUSALS = {
    FailureReason.UNIQUE,
    FailureReason.REFERENCE,
    FailureReason.CHECK,
    FailureReason.NULL,
    FailureReason.VALUE,
}


class _Action(StrEnum):
    INSERT = "insert"
    LINK = "link"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the load: a table and an action. `column` is the column that LINK sets."""

    action: _Action
    schema: TableSchema
    column: str = ""


def load_rows(run: JobRun) -> None:
    """Load the backup's rows into the job's place, and compare them with it.

    Raises Postponed, BackupNotFound, BackupDamaged, RowNotPortable if the server refuses a row, CopyNotEqual if the
    loaded rows differ from the backup.
    """
    try:
        with backup_files.open_backup(run.request.details[BACKUP]["stored_at"]) as backup:
            _Load(run, backup, check_manifest(backup, run.store.id)).run_parts()
    except storage.NoSuchObject:
        raise BackupNotFound from None
    except BackupUnreadable as damage:
        raise BackupDamaged(str(damage)) from damage


class _Load:
    """The load of a backup by one worker."""

    def __init__(self, run: JobRun, backup: BackupReader, manifest: BackupManifest) -> None:
        self._run, self._backup, self._manifest = run, backup, manifest
        self._heartbeat = Heartbeat(run)
        target = provisioning_places.get_target(run)
        connection = in_schema(run.connect(target), target.schema)
        self._transaction = StoreTransaction(connection, target.dialect, target.schema)

    def run_parts(self) -> None:
        """Run the parts that no earlier worker completed. Raises Postponed when the worker's turn is over."""
        parts = _parts()
        number, skipped = (self._run.notes.get(LOADED) or [0, 0])[:2]
        for position, part in enumerate(parts[number:], number):
            if part.action is _Action.COMPARE:
                self._compare(part.schema, position / len(parts))
            else:
                self._write(part, position, skipped, len(parts))
            skipped = 0
            if self._heartbeat.is_due:
                self._note(position + 1, 0, len(parts))
        self._note(len(parts), 0, len(parts))

    def _write(self, part: _Part, position: int, skipped: int, count: int) -> None:
        """Insert a table's rows after the first ones, or set their references, a batch a transaction."""
        done = skipped
        for batch in self._batches(part.schema, skipped):
            with _opened(self._transaction, part.schema.name):
                if part.action is _Action.LINK:
                    linked = [row for row in batch if row[part.column] is not None]
                    store_restores.set_column(self._transaction, part.schema, part.column, linked)
                else:
                    unlinked = dict.fromkeys(_self_references(part.schema))
                    rows = [row | unlinked for row in batch]
                    store_restores.insert_missing_rows(self._transaction, part.schema, rows)
                self._run.require_lease()  # a stale worker must not restore a row that the store has deleted since
            done += len(batch)
            if self._heartbeat.is_due:
                self._note(position, done, count)
                self._run.require_time()

    def _batches(self, schema: TableSchema, skipped: int) -> Iterator[list[Row]]:
        """Yield the rows of a table's file after the first ones. A column that the backup lacks has its default."""
        fields = self._backup.iterate_rows(schema.name)
        columns = columns_of(schema, next(fields, []))
        rows = islice(fields, skipped, None)
        while batch := [decode_row(columns, each) for each in islice(rows, BATCH_ROWS)]:
            yield [self._whole(schema, row) for row in batch]

    def _whole(self, schema: TableSchema, row: Row) -> Row:
        if len(row) == len(schema.columns):
            return row
        return new_row(schema, {}, row.get("id", ""), self._manifest.created_at) | row

    def _compare(self, schema: TableSchema, share: float) -> None:
        """Export the loaded rows, and compare the hash with that of the backup's file. Raises CopyNotEqual."""
        header = next(self._backup.iterate_rows(schema.name), [])
        columns = columns_of(schema, header)
        digest = hashlib.sha256(backup_files.csv_bytes([header]))
        with _opened(self._transaction, schema.name):
            for page in store_snapshots.iterate_pages(self._transaction, schema, header):
                digest.update(backup_files.csv_bytes(encode_row(columns, row) for row in page))
                self._heartbeat.beat(share)
        if digest.hexdigest() != self._manifest.tables[schema.name].sha256:
            raise CopyNotEqual(f"The restored rows of {schema.name} are not those of the backup.")

    def _note(self, part: int, rows: int, count: int) -> None:
        self._heartbeat.force(part / count, **{LOADED: [part, rows]})


@contextmanager
def _opened(transaction: StoreTransaction, table: str) -> Iterator[None]:
    """Open a transaction in the place. Raises RowNotPortable if the server refuses a row, StatementFailed."""
    try:
        with engines.translated(), transaction.connection.begin():
            yield
    except StatementFailed as failure:
        if failure.reason not in _REFUSALS:
            raise
        raise RowNotPortable(f"A row of {table} does not fit the target database.") from failure


def _parts() -> list[_Part]:
    """Return the parts in their order."""
    tables = list(schemas().values())
    writes = []
    for schema in tables:
        writes.append(_Part(_Action.INSERT, schema))
        writes += [_Part(_Action.LINK, schema, column) for column in _self_references(schema)]
    return [*writes, *(_Part(_Action.COMPARE, schema) for schema in tables)]


def _self_references(schema: TableSchema) -> list[str]:
    """Return the columns that refer to rows of the same table."""
    return [name for name, column in schema.columns.items() if column.references == schema.name]
