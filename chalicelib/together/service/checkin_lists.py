"""Lists of check-ins: a member's own of all spaces, and those of the partner that they may read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.visibility import Access, RowFacts, RowKind
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import DailyCheckin, User
from chalicelib.together.repository import checkins
from chalicelib.together.schemas.checkins import CheckinQuery, CheckinRead
from chalicelib.together.service.checkins import to_checkin_read
from chalicelib.together.service.viewers import Viewer, viewer_of

_MOST_ROWS = 96
"""A page's rows and those of open dates are one read, of at most 100 keys."""


@dataclass(frozen=True, slots=True)
class _KeyPage:
    """Keys of a page, and where the next page of each member starts; None: at the end."""

    keys: list[DailyCheckin]
    next_start: dict[str, Any] | None


def list_checkins(user: User, query: CheckinQuery, page: PageRequest) -> PageResult[CheckinRead]:
    """Return a page of check-ins, latest date first: the member's own of all spaces, and the partner's that they may read.

    With a relationship, only those in it. A page may hold fewer items than its limit. Raises RelationshipNotFound for a
    relationship of others.
    """
    viewer, today = viewer_of(user, query.relationship), local_date(clock.now(), user.timezone)
    key_page = _list_keys(viewer, query, page)
    keys = [
        (key.relationship_id, key.checkin)
        for key in key_page.keys
        if key.relationship_id == viewer.relationship.id or (key.user_id == user.id and query.relationship is None)
    ]
    open_days = {day for _, key in keys if (day := date.fromisoformat(key[:10])) >= today}
    own_keys = [(viewer.relationship.id, checkins.checkin_key(day, user.id)) for day in open_days]
    rows = checkins.find_checkins([*keys, *(key for key in own_keys if key not in keys)])
    present = [row for row in rows if row is not None]
    listed = [row for row in present if (row.relationship_id, row.checkin) in set(keys)]
    return PageResult(readable_checkins(listed, viewer, today, own_days(present, viewer)), key_page.next_start)


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


def _list_keys(viewer: Viewer, query: CheckinQuery, page: PageRequest) -> _KeyPage:
    """Merge the keys of both members; each has its own start in the cursor."""
    starts = dict(page.start or {"mine": None, "theirs": None})
    has_partner = viewer.partner_id is not None and viewer.relationship.status is not RelationshipStatus.ENDED
    authors = {"mine": viewer.user_id} | ({"theirs": str(viewer.partner_id)} if has_partner else {})
    limit = min(page.limit, _MOST_ROWS)
    pages = {
        name: checkins.list_keys(user_id, (query.first or date.min, query.last or date.max), limit, starts.get(name))
        for name, user_id in authors.items()
        if name in starts
    }
    merged = sorted(
        ((key, name) for name, each in pages.items() for key in each.items),
        key=lambda pair: (pair[0].checkin[:10], pair[1] == "mine"),
        reverse=True,
    )
    taken = merged[:limit]
    for key, name in taken:
        starts[name] = checkins.start_key(key)
    for name, each in pages.items():
        if each.last_key is None and sum(1 for _, owner in taken if owner == name) == len(each.items):
            del starts[name]
    remaining = {name: start for name, start in starts.items() if name in authors}
    return _KeyPage([key for key, _ in taken], remaining or None)
