"""Imports: the rows of a file in batches. Each batch and the import's cursor are written in one transaction.

If a worker crashes, the next one reads the cursor in the store's database. Rejected rows are kept with the position
until they are in the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.integrations.sql.errors import StatementFailed
from chalicelib.integrations.sql.servers import JOB_LIMITS
from chalicelib.integrations.storage import ObjectChanged
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.csv_records import CsvRecord, FilePosition, RecordTooLong, read_records
from chalicelib.platform.domain.csv_rows import InvalidHeader, LineParser, parse_header
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.domain.transfers import (
    BATCH_BYTES,
    BATCH_ROWS,
    MAX_FAILURES,
    MAX_ROWS,
    REPORT_FAILURES,
    ROW_FAILURES,
    SAVED_AFTER,
    SAVED_BATCHES,
    START,
    TURN,
    BatchResult,
    ImportCursor,
    RowFailure,
    cursor_of_json,
    progress_of,
)
from chalicelib.platform.enums import TransferMode
from chalicelib.platform.models import Store, Transfer
from chalicelib.platform.repository import store_import_cursors, transfers
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.repository.transfers import TransferLeaseLost
from chalicelib.platform.service.product_reservations import product_reservation
from chalicelib.platform.service.store_calls import retry_deadlocks
from chalicelib.platform.service.transfers import files
from chalicelib.platform.service.transfers.files import ImportReport
from chalicelib.platform.service.transfers.row_batches import (
    ROW_REASONS,
    BatchTarget,
    FileRow,
    RowBatch,
    free_products,
)
from chalicelib.platform.service.transfers.runs import TransferFailed, TransferWaits, usable_store

_REPLACED = "The store's database was replaced; import the file again."


class _Undone(Exception):
    """Signals that the rows of a dry run were checked, and rolls the transaction back."""

    def __init__(self, cursor: ImportCursor) -> None:
        super().__init__()
        self.cursor = cursor


@dataclass(slots=True)
class _ImportRun:
    """A leased import and its cursor, as stored in the store's database."""

    row: Transfer
    schema: TableSchema
    cursor: ImportCursor
    report: ImportReport
    ends_at: datetime
    unsaved: int = SAVED_BATCHES
    """Batches since the transfer's row was last saved; the first batch is saved at once."""
    saved_at: datetime = field(default_factory=clock.now)

    def save_batch(self) -> None:
        """Count a batch; save the run after several batches or seconds. Raises TransferLeaseLost."""
        self.unsaved += 1
        if self.unsaved >= SAVED_BATCHES or clock.now() >= self.saved_at + SAVED_AFTER:
            self.save()

    def save_all(self) -> None:
        """Save the rejected rows in the report, and the cursor in the transfer's row. Raises TransferLeaseLost."""
        self.report_failures()
        if self.cursor.position.offset != self.row.cursor.get("offset", 0):
            self.save()

    def report_failures(self) -> None:
        """Write the rejected rows that are not in the report, if the lease still holds. Raises TransferLeaseLost."""
        if self.cursor.unreported:
            self.save()
            self.report.add(self.cursor.unreported)
            self.cursor = self.cursor.reported()
        has_report = bool(self.report.failures)
        if has_report and self.row.report_url is None:
            transfers.save_progress(self.row, {"report_url": self.report.url})

    def save(self) -> None:
        """Store the cursor in the transfer's row, and renew the lease. Raises TransferLeaseLost."""
        transfers.save_progress(
            self.row,
            {
                "cursor": self.row.cursor | self.cursor.as_json(),
                "progress": progress_of(self.cursor.position.offset, self.row.cursor["size"]),
                "rows_read": self.cursor.rows_read,
                "rows_written": self.cursor.rows_written,
                "rows_failed": self.cursor.rows_failed,
            },
        )
        self.unsaved, self.saved_at = 0, clock.now()


@dataclass(slots=True)
class _FileBatch:
    """Records of the file that are stored together, and the position after them."""

    end: FilePosition
    records: list[CsvRecord] = field(default_factory=list)


def run_import(row: Transfer) -> None:
    """Import the rows of a leased transfer until the file ends.

    Raises TransferWaits after the worker's turn, TransferFailed, TransferLeaseLost, StatementFailed, Unavailable.
    """
    store = usable_store(row)
    start = cursor_of_json(row.cursor)
    cursor = retry_deadlocks(store, lambda transaction: _find_or_add(transaction, row.id, start))
    run = _ImportRun(row, schemas()[row.table_name], cursor, ImportReport.load(row), clock.now() + TURN)
    if cursor.position != start.position:
        run.save()
    try:
        _import_file(run)
    except TransferLeaseLost:
        raise  # another worker has the report
    except ObjectChanged:
        run.save_all()
        raise TransferFailed("The file was replaced while it was read.") from None
    except Exception:
        run.save_all()
        raise
    run.save_all()


def save_cancelled(row: Transfer) -> None:
    """Save the counts and rejected rows of a canceled import, as the cursor in the store's database has them.

    Raises TransferWaits, TransferFailed, TransferLeaseLost, StatementFailed, Unavailable.
    """
    store = usable_store(row)
    cursor = retry_deadlocks(store, lambda transaction: store_import_cursors.find_cursor(transaction, row.id))
    if cursor is not None:
        _ImportRun(row, schemas()[row.table_name], cursor, ImportReport.load(row), clock.now()).save_all()


def forget_cursor(row: Transfer) -> None:
    """Delete the cursor of an ended import from the store's database."""
    store = usable_store(row)
    retry_deadlocks(store, lambda transaction: store_import_cursors.delete_cursor(transaction, row.id))


def _find_or_add(transaction: StoreTransaction, transfer_id: str, start: ImportCursor) -> ImportCursor:
    """Return the cursor in the store's database. Raises TransferFailed if a database without it replaced that one."""
    cursor = store_import_cursors.find_cursor(transaction, transfer_id)
    if cursor is not None:
        return cursor
    if start.position != START:
        raise TransferFailed(_REPLACED)
    store_import_cursors.add_cursor(transaction, transfer_id, start)
    return start


def _import_file(run: _ImportRun) -> None:
    """Store the batches from the cursor on. Raises TransferWaits, TransferFailed."""
    parser, records, position = _open_file(run)
    for batch in _batches(records, position):
        if run.cursor.rows_read + len(batch.records) > MAX_ROWS:
            raise TransferFailed(f"The file has more than {MAX_ROWS:,} rows; the first ones were imported.")
        run.cursor = _store_batch(run, parser, batch)
        run.save_batch()
        if len(run.cursor.unreported) >= REPORT_FAILURES:
            run.report_failures()
        if run.cursor.rows_failed > MAX_FAILURES:
            raise TransferFailed(f"More than {MAX_FAILURES:,} rows were rejected; the import stopped after them.")
        if clock.now() >= run.ends_at:
            raise TransferWaits


def _open_file(run: _ImportRun) -> tuple[LineParser, Iterator[CsvRecord], FilePosition]:
    """Return the parser of the file's lines, its records from the cursor on, and their position. Raises TransferFailed."""
    start, blocks = files.read_blocks(run.row, FilePosition())
    records = read_records(blocks, start)
    try:
        header = next(records, None)
        if header is None or header.error:
            raise InvalidHeader("The first line must name the columns, in UTF-8, separated by commas.")
        parser = LineParser(run.schema, parse_header(run.schema, header.cells))
    except (InvalidHeader, RecordTooLong) as error:
        raise TransferFailed(str(error)) from None
    if run.cursor.position.offset < header.end.offset:
        return parser, records, header.end
    position, blocks = files.read_blocks(run.row, run.cursor.position)
    return parser, read_records(blocks, position), position


def _batches(records: Iterator[CsvRecord], position: FilePosition) -> Iterator[_FileBatch]:
    """Yield the records in batches, without blank lines. Raises TransferFailed at a record that is too long."""
    batch, begin = _FileBatch(position), position.offset
    try:
        for record in records:
            batch.end = record.end
            if record.cells or record.error:
                batch.records.append(record)
            if len(batch.records) == BATCH_ROWS or record.end.offset - begin > BATCH_BYTES:
                yield batch
                batch, begin = _FileBatch(record.end), record.end.offset
    except RecordTooLong as error:
        if batch.records:
            yield batch
        raise TransferFailed(str(error)) from None
    if batch.records:
        yield batch


def _store_batch(run: _ImportRun, parser: LineParser, batch: _FileBatch) -> ImportCursor:
    """Store a batch and its cursor; if the server refuses the batch, find the refused rows."""
    store = usable_store(run.row)
    rows, failures = _parse_records(parser, batch.records)
    try:
        return _write(run, store, batch, (rows, failures), narrows=False)
    except StatementFailed as failure:
        if failure.reason not in ROW_REASONS:
            raise
    return _write(run, store, batch, (rows, failures), narrows=True)


def _parse_records(parser: LineParser, records: list[CsvRecord]) -> tuple[list[FileRow], list[RowFailure]]:
    """Return the rows of the records, and the rejected ones."""
    rows, failures = [], []
    for record in records:
        if record.error:
            failures.append(RowFailure(record.line, "", record.error))
            continue
        values, reasons = parser.parse(record.cells)
        if reasons:
            failures += [RowFailure(record.line, *reason) for reason in reasons[:ROW_FAILURES]]
        else:
            rows.append(FileRow(record.line, values, ids.time_ordered()))
    return rows, failures


def _write(
    run: _ImportRun,
    store: Store,
    batch: _FileBatch,
    parsed: tuple[list[FileRow], list[RowFailure]],
    *,
    narrows: bool,
) -> ImportCursor:
    """Write a batch and the cursor in one transaction, in two for a dry run. Raises TransferLeaseLost, StatementFailed."""
    rows, failures = parsed
    before, row = run.cursor, run.row
    with product_reservation(store) as reservation:
        room = free_products(store, before.rows_created) if row.is_dry_run else None
        target = BatchTarget(store, run.schema, row.mode is TransferMode.INSERT, reservation, room)

        def work(transaction: StoreTransaction) -> ImportCursor:
            written = RowBatch(transaction, target, narrows).write(rows)
            result = BatchResult(written.created, written.updated, [*failures, *written.failures])
            after = before.after_batch(batch.end, len(batch.records), result)
            if row.is_dry_run:
                raise _Undone(after)
            _advance(transaction, row, before, after)
            return after

        try:
            return retry_deadlocks(store, work, JOB_LIMITS)
        except _Undone as undone:
            after = undone.cursor
    retry_deadlocks(store, lambda transaction: _advance(transaction, row, before, after))
    return after


def _advance(transaction: StoreTransaction, row: Transfer, before: ImportCursor, after: ImportCursor) -> None:
    if not store_import_cursors.advance_cursor(transaction, row.id, before, after):
        raise TransferLeaseLost
