"""Lists of check-ins: a member's own of all spaces, and those of the partner that they may read."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.visibility import Access, RowFacts, RowKind
from chalicelib.together.models import DailyCheckin, User
from chalicelib.together.repository import checkins
from chalicelib.together.schemas.checkins import CheckinQuery, CheckinRead
from chalicelib.together.service.checkins import to_checkin_read
from chalicelib.together.service.viewers import Viewer, viewer_of

Position = tuple[str, bool, str]
"""The place of a check-in in a list, which is in descending order: date, whether it is the reader's own, relationship."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A check-in that is listed. `read` is None for one of another space, whose row is not read yet."""

    position: Position
    key: tuple[str, str]
    read: CheckinRead | None


def list_checkins(user: User, query: CheckinQuery, page: PageRequest) -> PageResult[CheckinRead]:
    """Return a page of check-ins, latest date first: the member's own of all spaces, and the partner's that they may read.

    With a relationship, only those in it. Neither the page's length nor its cursor tells of a check-in that the member may
    not read. Raises RelationshipNotFound for a relationship of others.
    """
    viewer, today = viewer_of(user, query.relationship), local_date(clock.now(), user.timezone)
    after: Position | None = tuple(page.start["after"]) if page.start else None
    first, last = query.first or date.min, query.last or date.max
    if after is not None:
        last = min(last, date.fromisoformat(after[0]))
    streams = [_in_relationship(viewer, (first, last), page.limit, today)]
    if query.relationship is None:
        streams.append(_elsewhere(viewer, (first, last), page.limit))
    merged = heapq.merge(*streams, key=lambda entry: entry.position, reverse=True)
    following = (entry for entry in merged if after is None or entry.position < after)
    entries = list(islice(following, page.limit + 1))
    shown = entries[: page.limit]
    is_last = len(entries) == len(shown)
    return PageResult(_read(shown, user.id), None if is_last else {"after": list(shown[-1].position)})


def _in_relationship(viewer: Viewer, span: tuple[date, date], limit: int, today: date) -> Iterator[_Entry]:
    """Yield the check-ins of the relationship that the viewer may read, latest first."""
    rows = checkins.iterate_between(viewer.relationship.id, span, limit)
    for _, group in groupby(rows, key=lambda row: row.checkin_date):
        day_rows = list(group)
        reads = readable_checkins(day_rows, viewer, today, own_days(day_rows, viewer))
        for read in sorted(reads, key=lambda read: read.is_mine, reverse=True):
            yield _Entry(_position(read.checkin_date, read.is_mine, read.relationship_id), ("", ""), read)


def _elsewhere(viewer: Viewer, span: tuple[date, date], limit: int) -> Iterator[_Entry]:
    """Yield the keys of the viewer's own check-ins of other spaces, latest first."""
    for key in checkins.iterate_keys(viewer.user_id, span, limit):
        if key.relationship_id != viewer.relationship.id:
            day = date.fromisoformat(key.checkin[:10])
            yield _Entry(_position(day, True, key.relationship_id), (key.relationship_id, key.checkin), None)


def _position(day: date, is_mine: bool, relationship_id: str) -> Position:
    return day.isoformat(), is_mine, relationship_id


def _read(entries: Sequence[_Entry], user_id: str) -> list[CheckinRead]:
    """Return the check-ins of the entries; one read for those of other spaces, none without one."""
    keys = [entry.key for entry in entries if entry.read is None]
    rows = dict(zip(keys, checkins.find_checkins(keys), strict=True)) if keys else {}
    results = []
    for entry in entries:
        row = rows.get(entry.key)
        read = entry.read or (to_checkin_read(row, user_id) if row else None)
        if read is not None:
            results.append(read)
    return results


def own_days(rows: Iterable[DailyCheckin], viewer: Viewer) -> set[date]:
    """Return the dates of the viewer's own check-ins among the rows of the relationship."""
    return {
        row.checkin_date
        for row in rows
        if row.user_id == viewer.user_id and row.relationship_id == viewer.relationship.id
    }


def readable_checkins(
    rows: Iterable[DailyCheckin], viewer: Viewer, today: date, my_days: Collection[date]
) -> list[CheckinRead]:
    """Return what the viewer may read of the check-ins. `my_days` are dates for which they have checked in."""
    results = []
    for row in rows:
        is_day_open = row.checkin_date >= today and row.checkin_date not in my_days
        access = _access(row, viewer, is_day_open)
        if access is Access.ALL:
            results.append(to_checkin_read(row, viewer.user_id))
        elif access is Access.EXISTENCE:
            results.append(
                CheckinRead(
                    checkin_date=row.checkin_date, relationship_id=row.relationship_id, is_mine=False, is_private=True
                )
            )
    return results


def _access(row: DailyCheckin, viewer: Viewer, is_day_open: bool) -> Access:
    if row.user_id == viewer.user_id:
        return Access.ALL
    facts = RowFacts(row.user_id, row.recorded_at, row.is_private, row.in_pause, is_day_open)
    return viewer.access(RowKind.CHECKIN, facts)
