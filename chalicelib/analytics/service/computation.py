"""The computation of a tenant's day: unites its events and sets every number that depends on them.

A run may crash or stall anywhere: the next one unites the same events and sets the same numbers. A number is never
incremented. The order is: the neighbors' due marks, the first days of users, the day's object, rows, rollups, the parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from chalicelib.analytics.domain.day_sql.counts import OTHER
from chalicelib.analytics.domain.day_sql.visits import GAP_MS
from chalicelib.analytics.domain.local_days import moment_of, neighbors
from chalicelib.analytics.domain.users import TOGETHER
from chalicelib.analytics.metrics import ACTIVE_MEMBERS
from chalicelib.analytics.repository import event_days, event_rows, lake, rollups, sites
from chalicelib.analytics.repository.event_days import DayLease, DayResult
from chalicelib.analytics.repository.rollups import R
from chalicelib.analytics.retention import LAKES
from chalicelib.analytics.service import day_rows, error_logs, own_sites, revenue_days, site_days
from chalicelib.analytics.service.day_database import DayDatabase, DayOptions, open_day
from chalicelib.integrations import lake_files
from chalicelib.kit import clock, config, lakes, logs
from chalicelib.kit.errors import WriteConflict

[LAKE] = LAKES
LEASE_SECONDS = 900
"""The function's timeout."""
REPAIR_AFTER = timedelta(minutes=15)
"""A day is due again this long after the repair of a computation that did not finish."""
_BATCH = 100
_FIRSTS_ATTEMPTS = 8

log = logs.logger("analytics")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Input:
    """The keys of the parts that were read, and the version of the day's object."""

    part_keys: Sequence[str]
    version: str | None


def compute_day(tenant: str, day: date) -> None:
    """Compute a day unless it is leased. If another computation has changed it, the day is due at once."""
    lease = event_days.lease(tenant, day, LEASE_SECONDS)
    if lease is None:
        log.info("day not computed: another computation holds the lease", extra={"day": day.isoformat()})
        return
    try:
        result, affected_days = _compute(lease)
    except WriteConflict:
        event_days.release(lease)
        event_days.mark_due(tenant, day, clock.now())
        log.info("computation ended: another one has changed the day", extra={"day": day.isoformat()})
        return
    except Exception:
        event_days.release(lease)
        raise
    if event_days.finish(lease, result):
        for affected in affected_days:
            event_days.mark_due(tenant, affected, clock.now())


def _compute(lease: DayLease) -> tuple[DayResult, list[date]]:
    """Return the result, and the other days whose numbers depend on what changed."""
    tenant, day = lease.tenant, lease.day
    site = sites.find(tenant)
    options = DayOptions(
        tenant,
        day,
        clock.now(),
        (site.counted if site else None) or {},
        all_rows=config.settings().analytics_rows == "all",
        is_repair=lease.is_repair,
    )
    with open_day(options) as database:
        source = _read(lease, database)
        affected_days = database.changed_neighbors()
        _mark_due(lease, affected_days)
        affected_days += _write_firsts(lease, database)
        content = database.day_file()
        if not lake.put_day(tenant, day, content, source.version):
            raise WriteConflict
        _write_rows(lease, database)
        _write_rollups(lease, database)
        _require_time(lease)
        lake.delete_parts(source.part_keys)
        if site is not None:
            site_days.expect_close(site)
        result = DayResult(database.event_count(), len(content), _due_again(lease, database.last_open_ms()))
    return result, affected_days


def _read(lease: DayLease, database: DayDatabase) -> _Input:
    """Load the day with its parts, and its neighbors if events are near midnight.

    Raises WriteConflict if a part is gone: another computation has read it.
    """
    tenant, day = lease.tenant, lease.day
    is_united, part_keys = lake.list_day(tenant, day)
    united = lake.find_day(tenant, day) if is_united else None
    parts = [lake.read_part(key) for key in part_keys]
    contents = [part for part in parts if part is not None]
    if len(contents) < len(parts) or (is_united and united is None):
        raise WriteConflict
    day_file = united.content if united else None
    erased = lakes.erased_users(LAKE, tenant, database.load(day_file, contents))
    if erased:
        others = [day_file] if day_file else []
        database.load(day_file, lake_files.without_persons(LAKE.columns, erased, contents, others))
    needs_before, needs_after = database.unite()
    before, after = neighbors(day)
    database.place_visits(
        _content(tenant, before) if needs_before else None, _content(tenant, after) if needs_after else None
    )
    return _Input(part_keys, united.version if united else None)


def _content(tenant: str, day: date) -> bytes | None:
    united = lake.find_day(tenant, day)
    return united.content if united else None


def _write_firsts(lease: DayLease, database: DayDatabase) -> list[date]:
    """Write the first days of users, if they changed. Returns the days that are no longer a user's first.

    Raises WriteConflict after too many conflicts with computations of other days.
    """
    moved_days: set[date] = set()
    for _ in range(_FIRSTS_ATTEMPTS):
        stored = lake.find_firsts(lease.tenant)
        is_changed, moved = database.unite_firsts(stored.content if stored else None)
        _mark_due(lease, moved)
        moved_days |= set(moved)
        if not is_changed or lake.put_firsts(lease.tenant, database.firsts_file(), stored.version if stored else None):
            return sorted(moved_days)
    raise WriteConflict


def _mark_due(lease: DayLease, days: Iterable[date]) -> None:
    """Make days due after the lease, before the write that affects them: a crash between both leaves them due."""
    for day in days:
        event_days.mark_due(lease.tenant, day, lease.until)


def _write_rows(lease: DayLease, database: DayDatabase) -> None:
    """Write the rows of events, page views and visits that changed; delete those that no longer follow."""
    tenant, day = lease.tenant, lease.day
    visit_ids: set[str] = set(database.visits_to_delete())
    if lease.is_repair:
        visit_ids |= set(event_rows.iterate_visit_ids(tenant, day))
    event_rows.put_rows(day_rows.event_row(tenant, row) for row in _in_time(lease, database.events_to_put()))
    for row in _in_time(lease, database.visits_to_put()):
        visit = day_rows.visit_row(tenant, day, row, lease.fence)
        visit_ids.discard(visit.session_id)
        event_rows.put_visit(visit)
    event_rows.delete_rows(day_rows.event_key(row) for row in _in_time(lease, database.events_to_delete()))
    event_rows.delete_visits(tenant, day, _in_time(lease, sorted(visit_ids)), lease.fence)


def _write_rollups(lease: DayLease, database: DayDatabase) -> None:
    """Write the rollups that changed; delete those that no longer follow."""
    tenant, day, fence = lease.tenant, lease.day, lease.fence
    counts = [day_rows.count_row(tenant, day, row, fence) for row in database.event_counts()]
    names = {OTHER, *(row.event for row in counts), *database.former_names()}
    _replace(lease, counts, rollups.list_counts(tenant, day, names))
    features = [day_rows.feature_row(tenant, day, row, fence) for row in database.features()]
    _replace(lease, features, rollups.list_features(tenant, day, [row.feature for row in features]))
    for batch in _batches(database.engagement()):
        scores = [day_rows.score_row(tenant, day, row, fence) for row in batch]
        _replace(lease, scores, rollups.list_scores(tenant, day, [row.user_id for row in scores]))
    _replace(lease, [], rollups.list_scores(tenant, day, database.former_users()))
    partners = [day_rows.partner_row(tenant, day, row, fence) for row in database.partners()]
    partner_ids = sorted({*(row.partner_id for row in partners), *database.former_partners()})
    _replace(lease, partners, rollups.list_partner_days(day, partner_ids))
    _write_errors(lease, database)
    traffic = day_rows.traffic_row(tenant, day, database.traffic(), fence)
    lists = day_rows.traffic_lists(database.top(), database.recent())
    traffic.top, traffic.recent, traffic.computed_at = lists["top"], lists["recent"], clock.now()
    _require_time(lease)
    rollups.put_traffic(traffic, is_repair=lease.is_repair)
    if tenant in own_sites.SCOPES:
        revenue_days.set_payments(tenant, day, database.payments(), fence, is_repair=lease.is_repair)
    if tenant == TOGETHER:
        ACTIVE_MEMBERS.count(traffic.active_users)


def _write_errors(lease: DayLease, database: DayDatabase) -> None:
    """Set the day's counts in the groups of errors."""
    former = database.former_fingerprints()
    if lease.is_repair:
        former += error_logs.fingerprints_of_day(lease.tenant, lease.day)
    _require_time(lease)
    error_logs.write_error_days(lease.tenant, lease.day, database.error_groups(), former)


def _replace(lease: DayLease, rows: Sequence[R], former: Sequence[R]) -> None:
    rollups.replace_rows(_in_time(lease, rows), former, lease.fence, is_repair=lease.is_repair)


def _due_again(lease: DayLease, last_open_ms: int | None) -> datetime | None:
    """Return when the last open visit settles, or when to repair once more."""
    moments = [] if last_open_ms is None else [moment_of(last_open_ms + GAP_MS + 1)]
    if lease.is_repair and not lease.is_second:
        moments.append(clock.now() + REPAIR_AFTER)
    return min(moments, default=None)


def _in_time(lease: DayLease, items: Iterable[T]) -> Iterator[T]:
    """Yield the items while the lease is valid. Raises WriteConflict when it expires."""
    for item in items:
        _require_time(lease)
        yield item


def _require_time(lease: DayLease) -> None:
    if clock.now() >= lease.until:
        raise WriteConflict


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
