"""Creating, changing and deleting a store's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import MethodNotAllowed, VersionMismatch
from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.domain import store_rows as rules
from chalicelib.platform.domain.media_files import READY
from chalicelib.platform.domain.store_rows import Row, RowErrors
from chalicelib.platform.domain.store_rules import refused_changes
from chalicelib.platform.domain.store_schema import READ_ONLY_TABLES, UPLOADED_TABLES, TableSchema
from chalicelib.platform.errors import InvalidRow, RowNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_customers, store_rows
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_rows import RowBatchRead, RowRead
from chalicelib.platform.service.media.file_deletions import object_deletion
from chalicelib.platform.service.plan_limits import give_back_bytes, give_back_products
from chalicelib.platform.service.product_reservations import product_reservation
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import retry_deadlocks, run_transaction
from chalicelib.platform.service.store_categories import parents_first, tree_errors
from chalicelib.platform.service.store_conflicts import refusal_of
from chalicelib.platform.service.store_rows import render_batch, require_key, table_schema

MAX_ROWS = 500
_NAMESPACE = "1f0c7c4e-8a3e-4c19-9b57-3a52d7e0b6a1"

Body = Mapping[str, Any]


def writable_schema(table: str) -> TableSchema:
    """Return the description of a table that callers write. Raises StoreTableNotFound, MethodNotAllowed."""
    schema = table_schema(table)
    if table in READ_ONLY_TABLES:
        raise MethodNotAllowed("This table is only written by the order routes.", headers={"Allow": "GET"})
    return schema


def _creatable_schema(table: str) -> TableSchema:
    """Return the description of a table in which callers create rows. Raises StoreTableNotFound, MethodNotAllowed."""
    schema = writable_schema(table)
    if table in UPLOADED_TABLES:
        raise MethodNotAllowed("Files are added by POST /v1/store/uploads.", headers={"Allow": "GET, PUT"})
    return schema


def row_bodies(body: Body | Sequence[Body]) -> Sequence[Body]:
    """Return the bodies of the rows. Raises InvalidRow for none or too many."""
    bodies = [body] if isinstance(body, Mapping) else body
    if not 1 <= len(bodies) <= MAX_ROWS:
        raise InvalidRow(f"Send 1 to {MAX_ROWS} rows.")
    return bodies


def new_row_id(key: Idempotency | None, position: int) -> str:
    """Return the id of a new row; with an Idempotency-Key the same one in each repeat of the request.

    It depends on the body, too: a key can be used for another request once its record has expired.
    """
    return ids.derived(_NAMESPACE, key.key, key.body_hash, str(position)) if key else ids.time_ordered()


def create_rows(
    caller: StoreCaller, table: str, body: Body | Sequence[Body], key: Idempotency | None
) -> RowRead | RowBatchRead:
    """Create a row, or all rows of a list.

    Raises StoreTableNotFound, InvalidRow, RowAlreadyExists, ReferencedRowMissing, PlanLimitReached, Unavailable.
    """
    schema, is_batch = _creatable_schema(table), not isinstance(body, Mapping)
    rows = _new_rows(schema, row_bodies(body), caller.store.currency, key, RowErrors(is_batch))
    with product_reservation(caller.store) as reservation:
        if table == "products":
            reservation.adjust(len(rows))
        try:
            retry_deadlocks(caller.store, lambda transaction: _insert_new(transaction, schema, rows, is_batch=is_batch))
        except StatementFailed as failure:
            stored = _repeated_rows(caller.store, schema, failure, rows) if key else None
            if stored is None:
                positioned = list(enumerate(rows))
                raise refusal_of(caller.store, schema, failure, positioned, is_batch=is_batch) from None
            rows = stored
            reservation.adjust(0)
        else:
            caller.usage.count_rows(table, "created", len(rows))
    if is_batch:
        return render_batch(schema, rows, caller.store.currency)
    return RowRead(rules.render_row(schema, rows[0], caller.store.currency))


def require_tree(transaction: StoreTransaction, rows: Sequence[tuple[int, Row]], *, is_batch: bool) -> None:
    """Raise InvalidRow if new or changed categories break their tree. `rows` have their positions in the request."""
    messages, errors = tree_errors(transaction, [row for _, row in rows]), RowErrors(is_batch)
    for position, row in rows:
        if row["id"] in messages:
            errors.add(position, "parent_id", messages[row["id"]])
    errors.raise_if_any()


def change_row(caller: StoreCaller, path: tuple[str, str], body: Body, version: str) -> RowRead:
    """Change the named columns of the row at `path` (table, id).

    Raises StoreTableNotFound, RowNotFound, VersionMismatch, InvalidRow, RowAlreadyExists, ReferencedRowMissing,
    Unavailable.
    """
    table, row_id = path
    schema, errors = writable_schema(table), RowErrors()
    key = require_key(schema, row_id)
    changes = rules.parse_changes(schema, body, 0, errors)
    for name in schema.key:
        if name in changes:
            errors.add(0, name, "cannot be changed")
    errors.raise_if_any()
    changed: list[Row] = []

    def work(transaction: StoreTransaction) -> tuple[Row, bool]:
        stored = _lock(transaction, schema, key, version)
        row = rules.changed_row(stored, changes, clock.now())
        changed[:] = [row]
        return row, _save_change(transaction, schema, stored, row, caller.store.currency)

    try:
        row, is_changed = retry_deadlocks(caller.store, work)
    except StatementFailed as failure:
        raise refusal_of(caller.store, schema, failure, list(enumerate(changed)), is_batch=False) from None
    if is_changed:
        caller.usage.count_rows(table, "updated", 1)
    return RowRead(rules.render_row(schema, row, caller.store.currency))


def delete_row(caller: StoreCaller, table: str, row_id: str, version: str | None) -> None:
    """Delete a row, and the object of a file. Raises StoreTableNotFound, RowNotFound, VersionMismatch, Unavailable.

    A customer is locked first, so that no concurrent order gets their addresses after `detach_orders`. Writers of
    orders lock the customer last: a deadlock with one of them is retried.
    """
    schema = writable_schema(table)
    key = require_key(schema, row_id)
    delete_object = object_deletion(caller.store) if table in UPLOADED_TABLES else None

    def work(transaction: StoreTransaction) -> Row:
        is_locked = version is not None or table == "customers" or delete_object is not None
        row = _lock(transaction, schema, key, version) if is_locked else key
        if table == "customers":
            store_customers.detach_orders(transaction, row_id, clock.now())
        if not store_rows.delete_row(transaction, schema, key):
            raise RowNotFound
        if delete_object is not None:
            delete_object(row)
        return row

    row = run_transaction(caller.store, work)
    caller.usage.count_rows(table, "deleted", 1)
    if table == "products":
        give_back_products(caller.store.id, 1)
    elif delete_object is not None:
        give_back_bytes(caller.store.id, row["byte_size"])
        caller.usage.bytes -= row["byte_size"] if row["status"] == READY else 0


def _new_rows(
    schema: TableSchema, bodies: Sequence[Body], currency: str, key: Idempotency | None, errors: RowErrors
) -> list[Row]:
    """Return the whole new rows. Raises InvalidRow with each row's errors."""
    rows, now = [], clock.now()
    for position, body in enumerate(bodies):
        before = len(errors.items)
        values = rules.parse_changes(schema, body, position, errors)
        rules.require_columns(schema, values, position, errors)
        if len(errors.items) == before:
            row = rules.new_row(schema, values, new_row_id(key, position), now)
            rules.check_rules(schema, row, currency, position, errors)
            rows.append(row)
    errors.raise_if_any()
    for names in (schema.key, *schema.unique_keys):
        for position in rules.repeated_values(rows, names):
            errors.add(position, names[-1], "repeats a row of this request")
    errors.raise_if_any()
    return rows


def _insert_new(transaction: StoreTransaction, schema: TableSchema, rows: Sequence[Row], *, is_batch: bool) -> None:
    """Insert whole rows. Raises InvalidRow if they break the tree of categories."""
    if schema.name == "categories":
        require_tree(transaction, list(enumerate(rows)), is_batch=is_batch)
        rows = parents_first(rows)
    store_rows.insert_rows(transaction, schema, rows)


def _repeated_rows(
    store: Store, schema: TableSchema, failure: StatementFailed, rows: Sequence[Row]
) -> list[Row] | None:
    """Return the rows that an earlier request with the same Idempotency-Key created; None if it did not."""
    if failure.reason is not FailureReason.UNIQUE or not schema.has_id:
        return None
    keys = [rules.key_of(schema, row) for row in rows]
    stored = run_transaction(store, lambda transaction: store_rows.lock_matching(transaction, schema, schema.key, keys))
    by_key = {rules.key_of(schema, row): row for row in stored}
    return [by_key[each] for each in keys] if len(by_key) == len(keys) else None


def _lock(transaction: StoreTransaction, schema: TableSchema, key: Row, version: str | None) -> Row:
    """Return the locked row. Raises RowNotFound, VersionMismatch if it has another version than a given one."""
    row = store_rows.lock_row(transaction, schema, key)
    if row is None:
        raise RowNotFound
    # the tag of an answer with related rows has more
    if version is not None and str(row["version"]) != version.partition(".")[0]:
        raise VersionMismatch
    return row


def _save_change(transaction: StoreTransaction, schema: TableSchema, stored: Row, row: Row, currency: str) -> bool:
    """Write a changed row and return True; False if it is as stored. Raises InvalidRow."""
    if row == stored:
        return False
    errors = RowErrors()
    for name, message in refused_changes(schema.name, stored, row):
        errors.add(0, name, message)
    rules.check_rules(schema, row, currency, 0, errors)
    errors.raise_if_any()
    if schema.name == "categories" and row["parent_id"] != stored["parent_id"]:
        require_tree(transaction, [(0, row)], is_batch=False)
    store_rows.update_rows(transaction, schema, [row])
    return True
