"""`/v1/store/transfers…`: imports and exports of a store's tables as CSV."""

from __future__ import annotations

from chalicelib.kit.http import ApiRequest
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.platform.errors import (
    InvalidFilter,
    InvalidTransfer,
    StoreTableNotFound,
    TooManyTransfers,
    TransferEnded,
    TransferNotFound,
    TransferNotUploaded,
    TransferTooOld,
)
from chalicelib.platform.routes.store_blueprint import bp, store_endpoint
from chalicelib.platform.schemas.transfers import TransferCreate, TransferRead
from chalicelib.platform.service.store_callers import StoreCaller, catalogue_reader, store_writer


@bp.route("/v1/store/transfers", methods=["POST"])
@store_endpoint(
    auth=catalogue_reader,
    body=TransferCreate,
    returns=TransferRead,
    status=201,
    errors=(StoreTableNotFound, InvalidTransfer, InvalidFilter, TooManyTransfers),
)
def create_transfer(call: ApiRequest[StoreCaller, TransferCreate]) -> TransferRead:
    """Create an import or an export of a table.

    An import's answer has a form to upload the file with, CSV (RFC 4180) in UTF-8 of at most 100 MB and 1,000,000 rows;
    start it then. The first line names the columns; columns that cannot be set are ignored. An empty cell is null, and in
    a column that is never null it leaves the value as it is; `""` is the empty text. Orders can only be exported. An
    export is queued; its file has all columns and can be imported again. A key that imports needs the scope `write`,
    one that exports needs what reading the table needs. At most three transfers of a store are unfinished at once.
    """
    from chalicelib.platform.service.transfers import requests  # noqa: PLC0415 - loads SQL

    return requests.create_transfer(call.principal, call.body)


@bp.route("/v1/store/transfers", methods=["GET"])
@store_endpoint(auth=catalogue_reader, query=PageQuery, returns=Page[TransferRead])
def list_transfers(call: ApiRequest[StoreCaller, None, PageQuery]) -> PageResult[TransferRead]:
    """List the transfers of the last 30 days that the caller may see, newest first."""
    from chalicelib.platform.service.transfers import requests  # noqa: PLC0415 - loads SQL

    return requests.list_transfers(call.principal, call.page)


@bp.route("/v1/store/transfers/{transfer_id}", methods=["GET"])
@store_endpoint(auth=catalogue_reader, returns=TransferRead, errors=(TransferNotFound,))
def get_transfer(call: ApiRequest[StoreCaller], transfer_id: str) -> TransferRead:
    """Return the progress of a transfer, with links to its file and to the report of rejected rows."""
    from chalicelib.platform.service.transfers import requests  # noqa: PLC0415 - loads SQL

    return requests.get_transfer(call.principal, transfer_id)


@bp.route("/v1/store/transfers/{transfer_id}/start", methods=["POST"])
@store_endpoint(
    auth=store_writer,
    returns=TransferRead,
    status=202,
    errors=(TransferNotFound, TransferNotUploaded, TransferTooOld, TooManyTransfers, TransferEnded),
)
def start_import(call: ApiRequest[StoreCaller], transfer_id: str) -> TransferRead:
    """Start an import whose file is uploaded, within a day of its creation."""
    from chalicelib.platform.service.transfers import requests  # noqa: PLC0415 - loads SQL

    return requests.start_import(call.principal, transfer_id)


@bp.route("/v1/store/transfers/{transfer_id}/cancel", methods=["POST"])
@store_endpoint(auth=catalogue_reader, returns=TransferRead, status=202, errors=(TransferNotFound, TransferEnded))
def cancel_transfer(call: ApiRequest[StoreCaller], transfer_id: str) -> TransferRead:
    """Cancel a transfer. Rows that an import has stored stay."""
    from chalicelib.platform.service.transfers import requests  # noqa: PLC0415 - loads SQL

    return requests.cancel_transfer(call.principal, transfer_id)
