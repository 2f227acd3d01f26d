"""Upserts: each row of a request is found by its key, else by the table's first unique key, and changed or created."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit import clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.retries import attempts
from chalicelib.platform.domain import store_rows as rules
from chalicelib.platform.domain.store_rows import Row, RowErrors
from chalicelib.platform.domain.store_rules import refused_changes
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.repository import store_rows
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_rows import RowBatchRead
from chalicelib.platform.service.product_reservations import ProductReservation, product_reservation
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import retry_deadlocks
from chalicelib.platform.service.store_categories import parents_first
from chalicelib.platform.service.store_changes import Body, new_row_id, require_tree, row_bodies, writable_schema
from chalicelib.platform.service.store_conflicts import refusal_of
from chalicelib.platform.service.store_rows import render_batch

_ATTEMPTS = 3
"""A row that appears between the search and the insert is found by the next attempt."""


@dataclass(slots=True)
class UpsertPlan:
    """The rows after an upsert in the order of the request, and those to insert and to update, with their positions."""

    rows: list[Row] = field(default_factory=list)
    created: list[tuple[int, Row]] = field(default_factory=list)
    updated: list[tuple[int, Row]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Upsert:
    """The values of each row of a request, the ids of new rows, and whether the request may be a retry.

    `refuses_existing`: an existing row is an error, not a change. Unless `finds_existing`, no row is looked up: the
    server refuses the insert of an existing one.
    """

    schema: TableSchema
    changes: list[Row]
    new_ids: list[str]
    is_repeatable: bool = False
    refuses_existing: bool = False
    finds_existing: bool = True


def upsert_rows(caller: StoreCaller, table: str, body: Body | Sequence[Body], key: Idempotency | None) -> RowBatchRead:
    """Create or change all rows of a list.

    Raises StoreTableNotFound, InvalidRow, RowAlreadyExists, ReferencedRowMissing, PlanLimitReached, Unavailable.
    """
    schema, errors = writable_schema(table), RowErrors(is_batch=True)
    changes = [rules.parse_changes(schema, each, position, errors) for position, each in enumerate(row_bodies(body))]
    errors.raise_if_any()
    new_ids = [new_row_id(key, position) for position in range(len(changes))]
    with product_reservation(caller.store) as reservation:
        plan = _write(caller, Upsert(schema, changes, new_ids, key is not None), reservation)
    caller.usage.count_rows(table, "created", len(plan.created))
    caller.usage.count_rows(table, "updated", len(plan.updated))
    return render_batch(schema, plan.rows, caller.store.currency)


def _write(caller: StoreCaller, upsert: Upsert, reservation: ProductReservation) -> UpsertPlan:
    """Plan and write the rows in one transaction; retry if a row appeared since the plan. Returns the plan."""
    plan = UpsertPlan()

    def work(transaction: StoreTransaction) -> UpsertPlan:
        nonlocal plan
        plan = _plan(transaction, upsert, caller.store.currency)
        if upsert.schema.name == "products":
            reservation.adjust(len(plan.created))
        _save(transaction, upsert.schema, plan)
        return plan

    for attempt in attempts(_ATTEMPTS):
        try:
            return retry_deadlocks(caller.store, work)
        except StatementFailed as failure:
            if failure.reason is not FailureReason.UNIQUE or attempt == _ATTEMPTS:
                rows = [*plan.created, *plan.updated]
                raise refusal_of(caller.store, upsert.schema, failure, rows, is_batch=True) from None
    raise AssertionError("the last attempt returns or raises")


def _plan(transaction: StoreTransaction, upsert: Upsert, currency: str) -> UpsertPlan:
    """Return the plan, with the stored rows locked. Raises InvalidRow."""
    errors = RowErrors(is_batch=True)
    plan = plan_upsert(transaction, upsert, currency, errors)
    errors.raise_if_any()
    for names in (upsert.schema.key, *upsert.schema.unique_keys):
        for position in rules.repeated_values(plan.rows, names):
            errors.add(position, names[-1], "repeats a row of this request")
    errors.raise_if_any()
    return plan


def plan_upsert(transaction: StoreTransaction, upsert: Upsert, currency: str, errors: RowErrors) -> UpsertPlan:
    """Lock the stored rows and return the plan. Adds errors of rows, which are then neither created nor updated."""
    schema, plan, now = upsert.schema, UpsertPlan(), clock.now()
    for position, stored in enumerate(_stored_rows(transaction, upsert)):
        changes, before = upsert.changes[position], len(errors.items)
        if stored is None:
            rules.require_columns(schema, changes, position, errors)
            row = rules.new_row(schema, changes, upsert.new_ids[position], now)
        else:
            row = rules.changed_row(stored, changes, now)
            _check_stored(upsert, stored, row, position, errors)
        if len(errors.items) == before:
            rules.check_rules(schema, row, currency, position, errors)
        plan.rows.append(row)
        if row != stored and len(errors.items) == before:
            (plan.created if stored is None else plan.updated).append((position, row))
    return plan


def _check_stored(upsert: Upsert, stored: Row, row: Row, position: int, errors: RowErrors) -> None:
    """Add the errors for which a stored row cannot be changed."""
    if upsert.refuses_existing:
        names = next(names for names in (upsert.schema.key, *upsert.schema.unique_keys) if names[0] in row)
        errors.add(position, names[-1], "another row has this value")
    for name, message in refused_changes(upsert.schema.name, stored, row):
        errors.add(position, name, message)


def _stored_rows(transaction: StoreTransaction, upsert: Upsert) -> list[Row | None]:
    """Return the stored row of each change, locked; None for a new one."""
    if not upsert.finds_existing:
        return [None] * len(upsert.changes)
    schema, unique = upsert.schema, upsert.schema.unique_keys[:1]
    keys = [_values(each, schema.key) for each in upsert.changes]
    if upsert.is_repeatable and schema.has_id:
        keys = [key or (new_id,) for key, new_id in zip(keys, upsert.new_ids, strict=True)]
    by_key = _by_values(transaction, schema, schema.key, keys)
    others = [_values(each, unique[0]) if unique and schema.key[0] not in each else None for each in upsert.changes]
    by_unique = _by_values(transaction, schema, unique[0], others) if unique else {}
    return [by_key.get(key or ()) or by_unique.get(other or ()) for key, other in zip(keys, others, strict=True)]


def _values(changes: Row, names: tuple[str, ...]) -> tuple[Any, ...] | None:
    """Return the values of these columns, or None if one is absent."""
    values = tuple(changes.get(name) for name in names)
    return None if None in values else values


def _by_values(
    transaction: StoreTransaction,
    schema: TableSchema,
    names: tuple[str, ...],
    values: Sequence[tuple[Any, ...] | None],
) -> dict[tuple[Any, ...], Row]:
    """Return the stored rows by their values of these columns, locked."""
    present = list(dict.fromkeys(value for value in values if value is not None))
    rows = store_rows.lock_matching(transaction, schema, names, present)
    return {tuple(row[name] for name in names): row for row in rows}


def _save(transaction: StoreTransaction, schema: TableSchema, plan: UpsertPlan) -> None:
    """Write the created and updated rows. Raises InvalidRow if they break the tree of categories."""
    created = [row for _, row in plan.created]
    if schema.name == "categories":
        require_tree(transaction, [*plan.created, *plan.updated], is_batch=True)
        created = parents_first(created)
    store_rows.insert_rows(transaction, schema, created)
    store_rows.update_rows(transaction, schema, [row for _, row in plan.updated])
