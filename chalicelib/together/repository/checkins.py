"""Rows of the check-ins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit import tables
from chalicelib.kit.errors import Unauthenticated, WriteConflict
from chalicelib.kit.tables import Table, Transaction, readable_rows
from chalicelib.together.domain.relationship_state import other_member
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import DailyCheckin, Relationship, User

_HISTORY = ["relationship_id", "checkin", "user_id", "checkin_date", "recorded_at", "in_pause", "is_private"]


@dataclass(frozen=True, slots=True)
class DayRows:
    """The rows of a member's date: both members (the partner is None in a space of one), and their check-ins."""

    day: date
    relationship: Relationship
    member: User
    partner: User | None
    mine: DailyCheckin | None
    theirs: DailyCheckin | None

    @property
    def partner_id(self) -> str | None:
        return other_member(self.relationship, self.member.id)


def checkin_key(day: date, user_id: str) -> str:
    """Return the range key of a member's check-in of a date."""
    return f"{day.isoformat()}#{user_id}"


def read_day(user: User, day: date) -> DayRows:
    """Return the rows of the member's date in their present space, read consistently: one read.

    `user` says which rows to read; a second read follows if the member's space or partner has changed since then. Raises
    WriteConflict if it changed twice.
    """
    for _ in range(2):
        rows = _read_rows(user, day)
        if rows.partner_id == user.partner_id and rows.member.relationship_id == user.relationship_id:
            return rows
        user = User(user.id, relationship_id=rows.member.relationship_id, partner_id=rows.partner_id)
    raise WriteConflict


def _read_rows(user: User, day: date) -> DayRows:
    space, partner_id = str(user.relationship_id), user.partner_id
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Relationship, (space,)),
        (User, (user.id,)),
        (DailyCheckin, (space, checkin_key(day, user.id))),
    ]
    if partner_id:
        keys += [(User, (partner_id,)), (DailyCheckin, (space, checkin_key(day, partner_id)))]
    found: list[Any] = [*tables.get_many(keys, consistent=True), None, None]
    if found[1] is None:
        raise Unauthenticated("The account was deleted.")
    if found[0] is None:
        raise RelationshipNotFound
    relationship, member, mine, partner, theirs = found[:5]
    return DayRows(day, relationship, member, partner, mine, theirs)


def is_same_checkin(row: DailyCheckin | None) -> Condition:
    """Return the condition that the stored check-in is this one; None: that there is none."""
    condition: Condition = (
        DailyCheckin.checkin.does_not_exist() if row is None else DailyCheckin.updated_at == row.updated_at
    )
    return condition


def require_partner_unchanged(transaction: Transaction, rows: DayRows) -> None:
    """Require in the transaction that the partner's check-in is as it was read; else it raises WriteConflict."""
    if rows.partner_id:
        key = checkin_key(rows.day, rows.partner_id)
        transaction.check(
            DailyCheckin, (rows.relationship.id, key), is_same_checkin(rows.theirs), otherwise=WriteConflict()
        )


def iterate_back(relationship_id: str, before: date) -> Iterator[DailyCheckin]:
    """Yield the check-ins of both members before a date, newest first, read consistently, without scores and notes."""
    return readable_rows(
        DailyCheckin.query(
            relationship_id,
            DailyCheckin.checkin < before.isoformat(),
            consistent_read=True,
            scan_index_forward=False,
            attributes_to_get=_HISTORY,
        )
    )


def iterate_all(relationship_id: str) -> Iterator[DailyCheckin]:
    """Yield the check-ins of both members, read consistently, without scores and notes."""
    return readable_rows(DailyCheckin.query(relationship_id, consistent_read=True, attributes_to_get=_HISTORY))


def list_between(relationship_id: str, first: date, last: date) -> list[DailyCheckin]:
    """Return the check-ins of both members from `first` to `last`, both inclusive, read consistently."""
    between = DailyCheckin.checkin.between(first.isoformat(), f"{last.isoformat()}#~")
    return list(readable_rows(DailyCheckin.query(relationship_id, between, consistent_read=True)))


def iterate_dates_elsewhere(user_id: str, relationship_id: str, before: date = date.max) -> Iterator[date]:
    """Yield the dates of the member's check-ins in other spaces, newest first."""
    condition = DailyCheckin.checkin < before.isoformat()
    for key in DailyCheckin.by_user.query(user_id, condition, scan_index_forward=False):
        if key.relationship_id != relationship_id:
            yield date.fromisoformat(key.checkin[:10])


def iterate_between(relationship_id: str, span: tuple[date, date], page_size: int) -> Iterator[DailyCheckin]:
    """Yield the check-ins of both members from the first to the last date of `span`, latest first, read consistently."""
    condition = DailyCheckin.checkin.between(span[0].isoformat(), f"{span[1].isoformat()}#~")
    rows = DailyCheckin.query(
        relationship_id, condition, consistent_read=True, scan_index_forward=False, page_size=2 * page_size + 2
    )
    yield from readable_rows(rows)


def iterate_keys(user_id: str, span: tuple[date, date], page_size: int) -> Iterator[DailyCheckin]:
    """Yield the keys of the member's check-ins of all spaces from the first to the last date of `span`, latest first."""
    condition = DailyCheckin.checkin.between(span[0].isoformat(), f"{span[1].isoformat()}#~")
    yield from DailyCheckin.by_user.query(user_id, condition, scan_index_forward=False, page_size=page_size + 1)


def find_checkins(keys: Iterable[tuple[str, str]]) -> list[DailyCheckin | None]:
    """Return the check-ins with these keys (relationship, check-in) in their order, at most 100; one consistent read."""
    return tables.get_many([(DailyCheckin, key) for key in keys], consistent=True)
