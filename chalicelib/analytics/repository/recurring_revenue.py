"""Each subscription's MRR over time, by owner, and the owners whose days are to be computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zlib import crc32

from pynamodb.expressions.update import Action

from chalicelib.analytics.domain.mrr_movements import SubscriptionSteps
from chalicelib.analytics.domain.recurring_revenue import RevenueHistory, RevenueStep
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.models import RecurringRevenue
from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, readable_rows, update_if

SHARDS = 8


@dataclass(frozen=True, slots=True)
class Due:
    """When an owner's days are computed next, and the first of these days (UTC)."""

    at: datetime
    from_day: date


def owner_key(scope: RevenueScope, owner_id: str) -> str:
    """Return the owner's hash key, `<scope>/<id>`."""
    return f"{scope}/{owner_id}"


def scope_of(owner: str) -> RevenueScope:
    """Return the scope of an owner's hash key."""
    return RevenueScope(owner.partition("/")[0])


def owner_id_of(owner: str) -> str:
    """Return the owner's id, without its scope."""
    return owner.partition("/")[2]


def find(owner: str, subscription_id: str) -> RecurringRevenue | None:
    """Return a subscription's row, read consistently, or None."""
    try:
        return RecurringRevenue.get(owner, subscription_id, consistent_read=True)
    except RecurringRevenue.DoesNotExist:
        return None


def list_by_owner(owner: str) -> list[RecurringRevenue]:
    """Return every subscription that the owner has or had, read consistently: a handful."""
    return list(RecurringRevenue.query(owner, consistent_read=True))


def iterate_due(hour: datetime) -> Iterator[str]:
    """Yield the owners whose days are to be computed in an hour (UTC), each once.

    Reads an index, so the result is eventually consistent.
    """
    for shard in range(SHARDS):
        rows = readable_rows(RecurringRevenue.by_due.query(_due_key(hour, shard)))
        yield from dict.fromkeys(row.owner for row in rows)


def iterate_owners(scope: RevenueScope) -> Iterator[str]:
    """Yield all owners of a scope, each once, in the order of their keys."""
    last = None
    for row in readable_rows(RecurringRevenue.by_scope.query(scope)):
        if row.owner != last:
            yield row.owner
        last = row.owner


def history_of(row: RecurringRevenue) -> RevenueHistory:
    """Return what the row knows of its subscription."""
    return RevenueHistory(steps_of(row), row.as_of, row.effective_at, row.is_final)


def steps_of(row: RecurringRevenue) -> tuple[RevenueStep, ...]:
    """Return the row's steps in order."""
    return tuple(_step(document) for document in row.steps)


def subscription_of(row: RecurringRevenue) -> SubscriptionSteps:
    """Return the row's steps and currency."""
    return SubscriptionSteps(row.subscription_id, row.currency, steps_of(row))


def set_steps(row: RecurringRevenue, steps: tuple[RevenueStep, ...]) -> None:
    """Set the row's steps; does not write it."""
    row.steps = [_document(step) for step in steps]


def set_due(row: RecurringRevenue, due: Due | None) -> None:
    """Set when the owner's days are computed next; does not write the row."""
    row.due = _due_key(due.at, _shard(row.owner)) if due else None
    row.due_from = due.from_day if due else None


def stage(transaction: Transaction, row: RecurringRevenue) -> None:
    """Stage a write of the row if it still has the version that was read, and increment the version.

    The transaction fails with WriteConflict if the row has changed.
    """
    before, row.version, row.updated_at = row.version, row.version + 1, clock.now()
    unchanged = RecurringRevenue.version == before if before else RecurringRevenue.owner.does_not_exist()
    transaction.put(row, condition=unchanged, otherwise=WriteConflict())


def stage_check(transaction: Transaction, row: RecurringRevenue) -> None:
    """Require that the row still has the version that was read. The transaction fails with WriteConflict otherwise."""
    keys = (row.owner, row.subscription_id)
    transaction.check(RecurringRevenue, keys, RecurringRevenue.version == row.version, otherwise=WriteConflict())


def write_due(row: RecurringRevenue, due: Due | None) -> bool:
    """Write when the owner's days are computed next. Returns False if the row has changed since it was read."""
    actions: list[Action] = [RecurringRevenue.version.add(1)]
    if due:
        key = _due_key(due.at, _shard(row.owner))
        actions += [RecurringRevenue.due.set(key), RecurringRevenue.due_from.set(due.from_day)]
    else:
        actions += [RecurringRevenue.due.remove(), RecurringRevenue.due_from.remove()]
    key_row = RecurringRevenue(row.owner, row.subscription_id)
    return update_if(key_row, actions, RecurringRevenue.version == row.version)


def _due_key(moment: datetime, shard: int) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H}#{shard}"


def _shard(owner: str) -> int:
    return crc32(owner.encode()) % SHARDS


def _document(step: RevenueStep) -> dict[str, Any]:
    return {
        "from": clock.iso(step.begins_at),
        "plan": format(step.plan, "f"),
        "addons": format(step.addons, "f"),
        "rate": None if step.rate is None else format(step.rate, "f"),
        "rate_day": None if step.rate_day is None else step.rate_day.isoformat(),
    }


def _step(document: dict[str, Any]) -> RevenueStep:
    rate, rate_day = document["rate"], document["rate_day"]
    return RevenueStep(
        clock.parse(document["from"]),
        Decimal(document["plan"]),
        Decimal(document["addons"]),
        None if rate is None else Decimal(rate),
        None if rate_day is None else date.fromisoformat(rate_day),
    )
