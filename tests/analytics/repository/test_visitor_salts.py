from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from chalicelib.analytics.models import VisitorSalt
from chalicelib.analytics.repository import visitor_salts

DAY = date(2040, 3, 29)


def test_first_caller_makes_the_salt_and_the_others_read_it():
    salt = visitor_salts.get_or_add(DAY)
    assert len(salt) == 64
    assert visitor_salts.get_or_add(DAY) == salt
    assert visitor_salts.get_or_add(DAY + timedelta(days=1)) != salt
    assert salt not in VisitorSalt.get(DAY).salt


def test_concurrent_first_callers_use_the_same_salt(monkeypatch):
    rows = [None, None]
    find = visitor_salts._find
    monkeypatch.setattr(visitor_salts, "_find", lambda day: rows.pop() if rows else find(day))
    first = visitor_salts.get_or_add(DAY)
    assert visitor_salts.get_or_add(DAY) == first


def test_salt_is_deleted_48_hours_after_the_last_zone_has_left_its_date():
    salt = visitor_salts.get_or_add(DAY)
    end = datetime(2040, 3, 30, 12, tzinfo=UTC)  # of the date, 12 hours west of UTC
    assert visitor_salts.delete_expired(end + timedelta(hours=48, seconds=-1)) == 0
    assert visitor_salts.get_or_add(DAY) == salt
    assert visitor_salts.delete_expired(end + timedelta(hours=48)) == 1
    assert VisitorSalt.count(DAY) == 0
