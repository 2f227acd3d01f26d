"""The daily counts of a tenant. A computation writes the rows that changed, except over rows of a higher generation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TypeVar

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.analytics.models import DailyTraffic, EngagementScore, EventCount, FeatureUsage, PartnerDay
from chalicelib.kit.attributes import IntegerAttribute
from chalicelib.kit.tables import copy_row, delete_if, get_many, put_if, readable_rows, rows_differ, update_if

Rollup = EventCount | FeatureUsage | EngagementScore | PartnerDay
R = TypeVar("R", EventCount, FeatureUsage, EngagementScore, PartnerDay)
T = TypeVar("T")

_BATCH = 100
_KEYS: dict[type[Rollup], tuple[str, str]] = {
    EventCount: ("tenant_event", "day_value"),
    FeatureUsage: ("tenant_feature", "date"),
    EngagementScore: ("tenant_user", "date"),
    PartnerDay: ("partner_id", "date"),
}
_CLOSING = ("active_users_7d", "active_users_30d")
"""The columns of `daily_traffic` that are set after the day's end."""


def replace_rows(rows: Iterable[R], former: Sequence[R], generation: int, *, is_repair: bool = False) -> None:
    """Write the rows that differ from the stored ones, and delete those of `former` that are not among them.

    `former` are stored rows. With `is_repair` equal rows are written, too.
    """
    kept: set[tuple[str, str | date]] = set()
    stored = {_key(row): row for row in former}
    for row in rows:
        kept.add(_key(row))
        before = stored.get(_key(row))
        if is_repair or before is None or _is_changed(row, before):
            put_if(row, _is_not_newer(row, generation))
    for key, row in stored.items():
        if key not in kept:
            delete_if(row, _is_not_newer(row, generation))


def _is_changed(row: Rollup, before: Rollup) -> bool:
    return rows_differ(row, copy_row(before, {"generation": row.generation}))


def _is_not_newer(row: Rollup, generation: int) -> Condition:
    column: IntegerAttribute = type(row).generation
    condition: Condition = column.does_not_exist() | (column <= generation)
    return condition


def _key(row: Rollup) -> tuple[str, str | date]:
    first, second = _KEYS[type(row)]
    return getattr(row, first), getattr(row, second)


def list_counts(tenant: str, day: date, events: Iterable[str]) -> list[EventCount]:
    """Return the stored counts of these events on a day."""
    rows: list[EventCount] = []
    for event in sorted(set(events)):
        of_day = EventCount.day_value.startswith(f"{day.isoformat()}#")
        rows += readable_rows(EventCount.query(f"{tenant}#{event}", of_day, consistent_read=True))
    return rows


def list_features(tenant: str, day: date, features: Iterable[str]) -> list[FeatureUsage]:
    """Return the stored usage of a day: of these features, and of those that the index knows."""
    known = {f"{tenant}#{feature}" for feature in features}
    known |= {row.tenant_feature for row in FeatureUsage.by_tenant.query(tenant, FeatureUsage.date == day)}
    return list(_stored(FeatureUsage, ((key, day) for key in sorted(known))))


def list_scores(tenant: str, day: date, user_ids: Iterable[str]) -> list[EngagementScore]:
    """Return the stored scores of these users on a day."""
    return list(_stored(EngagementScore, ((f"{tenant}#{user_id}", day) for user_id in user_ids)))


def list_partner_days(day: date, partner_ids: Iterable[str]) -> list[PartnerDay]:
    """Return the stored days of these partners."""
    return list(_stored(PartnerDay, ((partner_id, day) for partner_id in partner_ids)))


def _stored(model: type[R], keys: Iterable[tuple[str, date]]) -> Iterator[R]:
    for batch in _batches(keys):
        yield from (row for row in get_many(((model, key) for key in batch), consistent=True) if row is not None)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def find_traffic(tenant: str, day: date) -> DailyTraffic | None:
    """Return the traffic of a day, or None."""
    try:
        return DailyTraffic.get(tenant, day, consistent_read=True)
    except DailyTraffic.DoesNotExist:
        return None


def put_traffic(row: DailyTraffic, *, is_repair: bool = False) -> None:
    """Write the traffic of a day if it changed; leave the columns alone that are set after the day's end."""
    before = find_traffic(row.tenant, row.date)
    if before is not None and not is_repair:
        ignored = {name: getattr(before, name) for name in (*_CLOSING, "computed_at", "generation")}
        if not rows_differ(copy_row(row, ignored), before):
            return
    names = row.get_attributes().keys() - {"tenant", "date", *_CLOSING}
    actions: list[Action] = []
    for name in sorted(names):
        column, value = getattr(DailyTraffic, name), getattr(row, name)
        actions.append(column.remove() if value is None else column.set(value))
    is_newest = DailyTraffic.generation.does_not_exist() | (DailyTraffic.generation <= row.generation)
    update_if(DailyTraffic(row.tenant, row.date), actions, is_newest)


def list_event_counts(tenant: str, event: str, first_day: date, last_day: date) -> list[EventCount]:
    """Return the counts of an event from `first_day` to `last_day`, by day and value."""
    days = EventCount.day_value.between(f"{first_day.isoformat()}#", f"{last_day.isoformat()}$")
    return list(readable_rows(EventCount.query(f"{tenant}#{event}", days)))
