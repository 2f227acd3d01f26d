"""Exports: the rows of a table as CSV, page by page in the order of their key, into one object.

The pages are not one snapshot. A worker that crashes leaves an unfinished upload; the next worker starts over.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chalicelib.integrations.multipart_uploads import MultipartUpload
from chalicelib.integrations.sql.servers import JOB_LIMITS
from chalicelib.kit import clock, config
from chalicelib.platform.domain.csv_rows import header_line, row_line
from chalicelib.platform.domain.store_filters import Filter, parse_filters, parse_sort
from chalicelib.platform.domain.store_rows import render_row
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.domain.transfers import EXPORT_PAGE, EXPORT_TURN, MAX_ROWS, progress_of
from chalicelib.platform.models import Transfer
from chalicelib.platform.repository import store_rows, transfers
from chalicelib.platform.repository.store_rows import RowQuery
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.service.store_calls import retry_deadlocks
from chalicelib.platform.service.transfers import files
from chalicelib.platform.service.transfers.runs import TransferFailed, usable_store

_SAVED_PAGES = 20
"""Pages after which the progress is stored and the lease renewed."""


def run_export(row: Transfer) -> int:
    """Write the file of a leased transfer. Returns the number of its rows.

    Raises TransferFailed if it takes too long, TransferLeaseLost, TransferWaits, StatementFailed, Unavailable.
    """
    schema = schemas()[row.table_name]
    filters = parse_filters(schema, row.filter or {})
    total = _count(row, schema, filters)
    ends_at, count = clock.now() + EXPORT_TURN, 0
    upload = MultipartUpload(config.settings().images_bucket, files.export_key(row), files.CSV_TYPE)
    try:
        upload.write(header_line(schema).encode())
        for number, lines in enumerate(_pages(row, schema, filters), start=1):
            upload.write("".join(lines).encode())
            count += len(lines)
            if number % _SAVED_PAGES == 0:
                transfers.save_progress(row, {"progress": progress_of(count, total), "rows_read": count})
            if clock.now() > ends_at:
                raise TransferFailed("The export takes too long; narrow it by filters.")
        transfers.save_progress(row, {"rows_read": count})
        upload.complete()
    except BaseException:
        upload.abort()
        raise
    return count


def _count(row: Transfer, schema: TableSchema, filters: tuple[Filter, ...]) -> int:
    store = usable_store(row)
    return retry_deadlocks(
        store, lambda transaction: store_rows.count_rows(transaction, schema, filters, MAX_ROWS), JOB_LIMITS
    )


def _pages(row: Transfer, schema: TableSchema, filters: tuple[Filter, ...]) -> Iterator[list[str]]:
    """Yield the lines of the rows, a page at a time."""
    sort, after = parse_sort(schema, None), None
    while True:
        store = usable_store(row)
        query = RowQuery(tuple(schema.columns), filters, sort, after, EXPORT_PAGE)

        rows = retry_deadlocks(store, partial(store_rows.list_rows, schema=schema, query=query), JOB_LIMITS)
        yield [row_line(schema, render_row(schema, each, store.currency)) for each in rows]
        if len(rows) < EXPORT_PAGE:
            return
        after = tuple(rows[-1][key.column] for key in sort)
