"""Calendar feeds in iCalendar's format (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event that takes a whole day, once or each year. `uid` is the same in each feed."""

    uid: str
    title: str
    starts_on: date
    is_yearly: bool
    changed_at: datetime


def write_feed(name: str, events: Iterable[CalendarEvent]) -> bytes:
    """Return a feed of the events. A yearly February 29 is the last day of February."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//Backroom//Together//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for item in events:
        event = Event()
        event.add("uid", item.uid)
        event.add("dtstamp", item.changed_at)
        event.add("dtstart", item.starts_on)
        event.add("dtend", item.starts_on + _DAY)
        event.add("summary", item.title)
        event.add("transp", "TRANSPARENT")
        if item.is_yearly:
            event.add("rrule", _yearly(item.starts_on))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _yearly(day: date) -> dict[str, object]:
    if (day.month, day.day) == (2, 29):
        return {"FREQ": "YEARLY", "BYMONTH": 2, "BYMONTHDAY": -1}
    return {"FREQ": "YEARLY"}
