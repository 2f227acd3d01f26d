"""`/v1/store/schema`, `/v1/store/{table}…`: rows of a store's tables. Services that load SQL are imported when called."""

from __future__ import annotations

from chalicelib.kit.http import ApiRequest
from chalicelib.platform.routes.store_blueprint import bp, store_endpoint
from chalicelib.platform.schemas.store_rows import (
    RowBatchRead,
    RowListQuery,
    RowPage,
    RowRead,
    RowReadQuery,
    RowsWrite,
    RowUpdate,
    StoreSchemaRead,
)
from chalicelib.platform.service.store_callers import (
    StoreCaller,
    catalogue_reader,
    store_reader,
    store_writer,
    table_reader,
)


def _tag(body: RowRead | None) -> str:
    """Return the ETag of a row; an empty text without one."""
    return body.tag if body else ""


@bp.route("/v1/store/schema", methods=["GET"])
@store_endpoint(auth=catalogue_reader, returns=StoreSchemaRead)
def describe_tables(call: ApiRequest[StoreCaller]) -> StoreSchemaRead:
    """Return the tables and columns that the caller may read."""
    from chalicelib.platform.service import store_rows  # noqa: PLC0415 - loads SQL

    return store_rows.describe_tables(call.principal)


@bp.route("/v1/store/{table}", methods=["GET"])
@store_endpoint(auth=table_reader, query=RowListQuery, returns=RowPage)
def list_rows(call: ApiRequest[StoreCaller, None, RowListQuery], table: str) -> RowPage:
    """List rows of a table.

    Filters are parameters of the form `<column>.<operator>=<value>`, such as `amount.gte=10`. The operators are `eq`,
    `ne`, `gt`, `gte`, `lt`, `lte`, `in` (values separated by commas), `like` and `ilike` (`%` any characters, `_` one, a
    backslash before a plain one) and `is` (`null`, `not_null`); a null matches `is` only. Without `sort` the order is
    that of the key. Nulls come last.
    """
    from chalicelib.platform.service import store_rows  # noqa: PLC0415 - loads SQL

    return store_rows.list_rows(call.principal, table, call.query, call.page)


@bp.route("/v1/store/{table}", methods=["POST"])
@store_endpoint(auth=store_writer, body=RowsWrite, returns=RowRead, status=201, idempotent="claimed")
def create_rows(call: ApiRequest[StoreCaller, RowsWrite], table: str) -> RowRead | RowBatchRead:
    """Create a row, or all rows of a list. A list is answered as `{"items": […]}`."""
    from chalicelib.platform.service import store_changes  # noqa: PLC0415 - loads SQL

    return store_changes.create_rows(call.principal, table, call.body.root, call.idempotency)


@bp.route("/v1/store/{table}", methods=["PUT"])
@store_endpoint(auth=store_writer, body=RowsWrite, returns=RowBatchRead, idempotent="claimed")
def upsert_rows(call: ApiRequest[StoreCaller, RowsWrite], table: str) -> RowBatchRead:
    """Create or change all rows of a list.

    A row is found by its key, else by the table's first unique key; columns that are not named stay as they are.
    """
    from chalicelib.platform.service import store_upserts  # noqa: PLC0415 - loads SQL

    return store_upserts.upsert_rows(call.principal, table, call.body.root, call.idempotency)


@bp.route("/v1/store/{table}/{row_id}", methods=["GET"])
@store_endpoint(auth=table_reader, query=RowReadQuery, returns=RowRead, etag=_tag)
def get_row(call: ApiRequest[StoreCaller, None, RowReadQuery], table: str, row_id: str) -> RowRead:
    """Return one row. The id of a row that joins two tables is both ids with a colon between them."""
    from chalicelib.platform.service import store_rows  # noqa: PLC0415 - loads SQL

    return store_rows.get_row(call.principal, table, row_id, call.query)


@bp.route("/v1/store/{table}/{row_id}", methods=["PATCH"])
@store_endpoint(auth=store_writer, body=RowUpdate, returns=RowRead, etag=_tag)
def change_row(call: ApiRequest[StoreCaller, RowUpdate], table: str, row_id: str) -> RowRead:
    """Change the named columns of a row."""
    from chalicelib.platform.service import store_changes  # noqa: PLC0415 - loads SQL

    return store_changes.change_row(call.principal, (table, row_id), call.body.root, call.if_match or "")


@bp.route("/v1/store/{table}/{row_id}", methods=["DELETE"])
@store_endpoint(auth=store_writer, status=204, etag=_tag, if_match="optional")
def delete_row(call: ApiRequest[StoreCaller], table: str, row_id: str) -> None:
    """Delete a row. The orders of a deleted customer stay, without customer and addresses."""
    from chalicelib.platform.service import store_changes  # noqa: PLC0415 - loads SQL

    store_changes.delete_row(call.principal, table, row_id, call.if_match)


@bp.route("/v1/store/orders", methods=["GET"])
@store_endpoint(auth=store_reader, query=RowListQuery, returns=RowPage)
def list_orders(call: ApiRequest[StoreCaller, None, RowListQuery]) -> RowPage:
    """List orders, as rows of other tables are listed."""
    from chalicelib.platform.service import store_rows  # noqa: PLC0415 - loads SQL

    return store_rows.list_rows(call.principal, "orders", call.query, call.page)


@bp.route("/v1/store/orders/{row_id}", methods=["GET"])
@store_endpoint(auth=store_reader, query=RowReadQuery, returns=RowRead, etag=_tag)
def get_order(call: ApiRequest[StoreCaller, None, RowReadQuery], row_id: str) -> RowRead:
    """Return one order."""
    from chalicelib.platform.service import store_rows  # noqa: PLC0415 - loads SQL

    return store_rows.get_row(call.principal, "orders", row_id, call.query)
