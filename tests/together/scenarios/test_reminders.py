"""Ten simulated years of reminders: each occurrence of a date is reminded of once, whatever happens to zone and schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit import ids
from chalicelib.together.domain import occurrences
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.notices import cause_of
from chalicelib.together.enums import DateKind, RelationshipStatus
from chalicelib.together.models import ImportantDate, Notification, Relationship, User
from chalicelib.together.repository import notifications
from chalicelib.together.schemas.messages import NotificationDue
from chalicelib.together.service import notice_delivery, reminders
from tests.together.days import MovableClock, set_clock
from tests.together.members import new_couple, new_member
from tests.together.spaces import end, pause

START = datetime(2030, 1, 5, 12, tzinfo=UTC)
YEARS = 10
DAY = timedelta(days=1)
ZONES = ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe", "America/Santiago"]
SILENT = {"email": {"reminder": False}}
"""Reminders in the app alone."""

zones = st.sampled_from(ZONES)
changes = st.lists(
    st.tuples(st.integers(1, 365 * YEARS), zones, st.booleans()), max_size=8, unique_by=lambda each: each[0]
)
outages = st.sets(st.integers(0, 365 * YEARS), max_size=10)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The time of the simulation."""
    return set_clock(monkeypatch, START)


def add_date(user: User, value: date, days_before: int, is_recurring: bool = True) -> ImportantDate:
    row = ImportantDate(
        user.relationship_id,
        ids.new(),
        title="Day",
        date_value=value,
        kind=DateKind.OTHER,
        is_recurring=is_recurring,
        reminder_days_before=days_before,
        created_by=user.id,
        version=1,
        created_at=START,
        updated_at=START,
    )
    row.save()
    return row


def pending(user: User) -> list[Notification]:
    rows = Notification.query(user.id, consistent_read=True)
    return sorted((row for row in rows if row.due_in is not None), key=lambda row: row.scheduled_for)


def deliver(user: User, now: datetime) -> None:
    """Deliver what is due, as the schedule does, until nothing is."""
    while due := [row for row in pending(user) if row.scheduled_for <= now]:
        for row in due:
            notice_delivery.send_notice(NotificationDue(user_id=user.id, notification_id=row.id))


def move_to(user: User, zone: str, is_planned: bool) -> None:
    """Change the member's zone; a crash may prevent the planning."""
    User(user.id).update([User.timezone.set(zone)])
    if is_planned:
        reminders.plan_reminders(User.get(user.id))


def sent_causes(user: User) -> list[str]:
    rows = Notification.query(user.id, consistent_read=True)
    return sorted(cause_of(row.id) for row in rows if notifications.is_counted(row))


def expected_causes(rows: list[ImportantDate], until: date) -> list[str]:
    """Return the cause of each occurrence whose reminder day is before `until`."""
    causes = []
    for row in rows:
        today = START.date()
        while reminder := occurrences.next_reminder(row.date_value, row.is_recurring, row.reminder_days_before, today):
            if reminder.remind_on >= until:
                break
            causes.append(f"date/{row.id}/{reminder.occurs_on}")
            today = reminder.occurs_on + DAY
    return sorted(causes)


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(zones, changes, outages)
def test_ten_years_remind_of_each_occurrence_once(
    time: MovableClock, zone: str, moves: list[tuple[int, str, bool]], asleep: set[int]
) -> None:
    time.now = START
    user = new_member(timezone=zone, preferences=SILENT)
    rows = [
        add_date(user, date(2000, 2, 29), 7),
        add_date(user, date(2000, 2, 29), 0),
        add_date(user, date(2000, 1, 1), 0),
        add_date(user, date(2034, 8, 1), 60, is_recurring=False),
    ]
    reminders.plan_reminders(user)
    last, moves = START + 365 * YEARS * DAY, sorted(moves)
    while True:
        due = pending(user)
        moments = [due[0].scheduled_for] if due else []
        moments += [START + moves[0][0] * DAY] if moves else []
        if not moments or min(moments) > last:
            break
        time.now = max(time.now, min(moments))
        while moves and START + moves[0][0] * DAY <= time.now:
            _, zone, is_planned = moves.pop(0)
            move_to(user, zone, is_planned)
        if (time.now - START).days in asleep:
            time.move(days=3)
        deliver(user, time.now)
    sent, until = sent_causes(user), last.date()
    assert len(sent) == len(set(sent))
    assert set(expected_causes(rows, until - 7 * DAY)) <= set(sent) <= set(expected_causes(rows, until + 7 * DAY))


def test_a_reminder_is_sent_in_the_new_zone(time: MovableClock) -> None:
    user = new_member(timezone="Europe/Berlin", preferences=SILENT)
    add_date(user, date(2000, 2, 1), 0)
    reminders.plan_reminders(user)
    move_to(user, "America/New_York", is_planned=True)
    time.now = datetime(2030, 2, 1, 8, 5, tzinfo=UTC)
    deliver(user, time.now)
    assert sent_causes(user) == []
    time.now = datetime(2030, 2, 1, 14, tzinfo=UTC)
    deliver(user, time.now)
    assert len(sent_causes(user)) == 1
    assert User.get(user.id).unread == 1


def test_a_zone_change_after_the_reminder_repeats_nothing(time: MovableClock) -> None:
    user = new_member(timezone="Pacific/Kiritimati", preferences=SILENT)
    add_date(user, date(2000, 2, 1), 0)
    reminders.plan_reminders(user)
    time.now = datetime(2030, 1, 31, 20, tzinfo=UTC)
    deliver(user, time.now)
    move_to(user, "Pacific/Pago_Pago", is_planned=True)
    time.move(days=2)
    deliver(user, time.now)
    assert len(sent_causes(user)) == 1
    assert User.get(user.id).unread == 1


def test_the_date_line_skips_no_reminder(time: MovableClock) -> None:
    user = new_member(timezone="Pacific/Pago_Pago", preferences=SILENT)
    row = add_date(user, date(2000, 2, 1), 0)
    reminders.plan_reminders(user)
    time.now = datetime(2030, 2, 1, 12, tzinfo=UTC)  # 1:00 of February 1 in Pago Pago
    move_to(user, "Pacific/Kiritimati", is_planned=True)  # 2:00 of February 2
    assert local_date(time.now, "Pacific/Kiritimati") == date(2030, 2, 2)
    time.move(days=1)
    deliver(user, time.now)
    assert sent_causes(user) == [f"date/{row.id}/2030-02-01"]


@pytest.mark.parametrize("change", ["deleted", "moved", "ended"])
def test_a_reminder_of_what_is_gone_is_dropped(time: MovableClock, change: str) -> None:
    one, two = new_couple(preferences=SILENT)
    row = add_date(one, date(2000, 2, 1), 0)
    reminders.plan_reminders(one)
    if change == "deleted":
        row.delete()
    elif change == "moved":
        row.update([ImportantDate.date_value.set(date(2000, 6, 1))])
    else:
        end(one, two)
    time.now = datetime(2030, 3, 1, tzinfo=UTC)
    deliver(one, time.now)
    assert sent_causes(one) == []
    assert [each.scheduled_for.date() for each in pending(one)] == ([date(2030, 6, 1)] if change == "moved" else [])


def test_a_pause_has_no_reminders_and_the_next_year_has_one(time: MovableClock) -> None:
    one, _ = new_couple(preferences=SILENT)
    row = add_date(one, date(2000, 2, 1), 0)
    reminders.plan_reminders(one)
    pause(one)
    time.now = datetime(2030, 3, 1, tzinfo=UTC)
    deliver(one, time.now)
    assert sent_causes(one) == []
    Relationship(one.relationship_id).update([Relationship.status.set(RelationshipStatus.ACTIVE)])
    time.now = datetime(2031, 3, 1, tzinfo=UTC)
    deliver(one, time.now)
    assert sent_causes(one) == [f"date/{row.id}/2031-02-01"]


def test_a_repeated_message_changes_nothing(time: MovableClock) -> None:
    user = new_member(preferences=SILENT)
    add_date(user, date(2000, 2, 1), 0)
    reminders.plan_reminders(user)
    [row] = pending(user)
    time.now = datetime(2030, 2, 2, tzinfo=UTC)
    for _ in range(2):
        notice_delivery.send_notice(NotificationDue(user_id=user.id, notification_id=row.id))
    assert len(sent_causes(user)) == 1
    assert len(pending(user)) == 1
    assert User.get(user.id).unread == 1
