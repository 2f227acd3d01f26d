"""Requests of callers: create, list, start and cancel transfers."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids, messages
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.platform.domain.store_filters import parse_filters
from chalicelib.platform.domain.store_schema import READ_ONLY_TABLES
from chalicelib.platform.domain.transfers import LEASE, MAX_BYTES, MAX_UNFINISHED, START_WITHIN, scopes_of
from chalicelib.platform.enums import TransferKind, TransferMode, TransferStatus
from chalicelib.platform.errors import (
    InvalidTransfer,
    TooManyTransfers,
    TransferEnded,
    TransferNotUploaded,
    TransferTooOld,
)
from chalicelib.platform.models import Transfer
from chalicelib.platform.repository import transfers
from chalicelib.platform.schemas.transfers import TransferCreate, TransferDue, TransferRead, UploadForm
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_rows import table_schema
from chalicelib.platform.service.transfers import files

LINK_SECONDS = 3600


def create_transfer(caller: StoreCaller, body: TransferCreate) -> TransferRead:
    """Create a transfer: an import waits for its file, an export is queued.

    Raises StoreTableNotFound, InvalidTransfer, InvalidFilter, Forbidden, TooManyTransfers.
    """
    _check_request(caller, body)
    now, is_import = clock.now(), body.kind is TransferKind.IMPORT
    if not is_import:
        _check_unfinished(caller.store.id)
    row = Transfer(
        caller.store.id,
        ids.time_ordered(),
        kind=body.kind,
        table_name=body.table,
        mode=(body.mode or TransferMode.UPSERT) if is_import else None,
        is_dry_run=body.dry_run,
        filter=body.filter,
        status=TransferStatus.AWAITING_UPLOAD if is_import else TransferStatus.PENDING,
        unfinished=None if is_import else Transfer.RUNNING,
        lease_until=None if is_import else now + LEASE,
        created_at=now,
        updated_at=now,
        expires_epoch=now + Transfer.KEEP,
    )
    transfers.add(row)
    if not is_import:
        messages.publish(TransferDue(store_id=row.store_id, transfer_id=row.id))
        return _read(row)
    form = storage.presigned_post(
        files.upload_url(row), content_type=files.UPLOAD_TYPE, max_bytes=MAX_BYTES, seconds=LINK_SECONDS
    )
    return _read(row).model_copy(update={"upload": UploadForm(url=form.url, fields=form.fields)})


def list_transfers(caller: StoreCaller, page: PageRequest) -> PageResult[TransferRead]:
    """Return a page of the store's transfers that the caller may see, newest first."""
    result = transfers.list_by_store(caller.store.id, page)
    visible = [row for row in result.items if caller.scope in scopes_of(row.kind, row.table_name)]
    return PageResult([_read(row) for row in visible], result.last_key)


def get_transfer(caller: StoreCaller, transfer_id: str) -> TransferRead:
    """Return a transfer. Raises TransferNotFound, Forbidden."""
    return _read(_accessible_transfer(caller, transfer_id))


def start_import(caller: StoreCaller, transfer_id: str) -> TransferRead:
    """Queue an import whose file is uploaded. One that has begun is returned as it is.

    Raises TransferNotFound, Forbidden, TransferTooOld, TransferNotUploaded, TooManyTransfers, TransferEnded.
    """
    row = _accessible_transfer(caller, transfer_id)
    if row.status is TransferStatus.AWAITING_UPLOAD:
        if clock.now() > row.created_at + START_WITHIN:
            raise TransferTooOld("The import was created more than a day ago; create a new one.")
        facts = storage.stat(files.upload_url(row))
        if facts is None:
            raise TransferNotUploaded
        _check_unfinished(row.store_id)
        transfers.mark_pending(row, files.cursor_of_file(facts))
        row = transfers.get(row.store_id, row.id)
    if row.completed_at is not None:
        raise TransferEnded
    if row.status is TransferStatus.PENDING:
        messages.publish(TransferDue(store_id=row.store_id, transfer_id=row.id))
    return _read(row)


def cancel_transfer(caller: StoreCaller, transfer_id: str) -> TransferRead:
    """End a transfer. Rows that an import has stored stay; the worker reports them. Raises TransferNotFound, Forbidden, TransferEnded."""
    row = _accessible_transfer(caller, transfer_id)
    if not transfers.mark_cancelled(row):
        raise TransferEnded
    row = transfers.get(row.store_id, row.id)
    if row.unfinished is not None:
        messages.publish(TransferDue(store_id=row.store_id, transfer_id=row.id))
    return _read(row)


def _check_request(caller: StoreCaller, body: TransferCreate) -> None:
    """Require that the caller may create this transfer."""
    schema = table_schema(body.table)
    if caller.scope not in scopes_of(body.kind, body.table):
        raise Forbidden(f"A key of the scope `{caller.scope}` may not do this.")
    if body.kind is TransferKind.IMPORT:
        if body.table in READ_ONLY_TABLES:
            raise _invalid("table", "orders and their items can only be exported")
        if body.filter is not None:
            raise _invalid("filter", "is for exports only")
        return
    if body.mode is not None:
        raise _invalid("mode", "is for imports only")
    if body.dry_run:
        raise _invalid("dry_run", "is for imports only")
    parse_filters(schema, body.filter or {})


def _check_unfinished(store_id: str) -> None:
    """Require that another transfer of the store may be queued. Requests at the same moment may exceed the limit."""
    if transfers.count_unfinished(store_id, MAX_UNFINISHED) >= MAX_UNFINISHED:
        raise TooManyTransfers(f"{MAX_UNFINISHED} transfers are unfinished; wait until one has ended.")


def _invalid(field: str, message: str) -> InvalidTransfer:
    path = f"body.{field}"
    return InvalidTransfer(f"{path}: {message}", errors=[{"path": path, "message": message}])


def _accessible_transfer(caller: StoreCaller, transfer_id: str) -> Transfer:
    row = transfers.get(caller.store.id, transfer_id)
    if caller.scope not in scopes_of(row.kind, row.table_name):
        raise Forbidden(f"A key of the scope `{caller.scope}` may not do this.")
    return row


def _read(row: Transfer) -> TransferRead:
    """Return the transfer with links instead of addresses."""
    links = {"file_url": f"{row.table_name}.csv", "report_url": "report.csv"}
    addresses = {name: getattr(row, name) for name in links}
    return TransferRead.of(row).model_copy(
        update={
            name: url and storage.presigned_get(url, seconds=LINK_SECONDS, download_name=links[name])
            for name, url in addresses.items()
        }
    )
