"""Erasing a person or a tenant from the tables and the lake of analytics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.analytics.models import EngagementScore, EventDay
from chalicelib.analytics.retention import LAKES, mark_changed_day
from chalicelib.integrations import parquet
from chalicelib.integrations.parquet import Kind
from chalicelib.kit import clock
from tests.retention.conftest import nothing_in_progress
from tests.retention.lakes import objects, put, rows
from tests.retention.service.test_lake_erasure import SHOP, erase

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]
[LAKE] = LAKES
DAY = date(2026, 11, 1)
CUSTOMER = "gid://shopify/Customer/7"
COLUMNS = dict.fromkeys(
    ("id", "user_id", "session_id", "visitor", "visitor_before", "path", "referrer", "data"), Kind.TEXT
)


def put_day(tenant: str, *users: str) -> str:
    """Store a day of a tenant with an event of each user, its manifest and the users' scores; return the day's key."""
    expires = clock.now() + timedelta(days=700)
    EventDay(tenant=tenant, day=DAY, expires_epoch=expires).save()
    events: list[parquet.Row] = []
    for user in users:
        EngagementScore(
            tenant_user=f"{tenant}#{user}",
            user_id=user,
            tenant=tenant,
            date=DAY,
            score=1,
            generation=1,
            expires_epoch=expires,
        ).save()
        data = f'{{"message":"of {user}","partner":"p1","type":"ValueError"}}'
        event = {"id": f"event-{len(events)}", "user_id": user, "path": f"/{user}", "referrer": user, "data": data}
        events.append(event | {"session_id": f"s{user}", "visitor": f"v{user}", "visitor_before": f"b{user}"})
    return put(f"{LAKE.day_folder(tenant, DAY.isoformat())}day.parquet", parquet.write(COLUMNS, events))


@pytest.mark.parametrize(
    ("subject", "tenant", "user"),
    [
        ("member:m1", "together", "m1"),
        ("store:m1", "platform", "m1"),
        (f"customer:{SHOP}:{CUSTOMER}", f"shop:{SHOP}:studio", CUSTOMER),
    ],
)
def test_a_person_is_erased_from_scores_and_lake(drain: Drain, subject: str, tenant: str, user: str) -> None:
    key, others = put_day(tenant, user, "other"), put_day("store:other", user)
    before = objects()
    erase(subject, drain)
    after = objects()
    assert after[others] == before[others]
    row, other = rows(after[key])
    assert other == rows(before[key])[1]
    assert user not in str(row)
    assert row["data"] == '{"partner":"p1","type":"ValueError"}'
    assert {each.tenant_user for each in EngagementScore.scan()} == {f"{tenant}#other", f"store:other#{user}"}
    day = EventDay.get(tenant, DAY)
    assert day.dirty is not None
    assert day.due_at is not None
    assert day.parts == 1, "a computation in progress leaves the day due"


def test_a_tenant_is_erased_with_its_lake(drain: Drain) -> None:
    key, other = put_day(f"shop:{SHOP}:studio", "u1"), put_day(f"shop:x{SHOP}:studio", "u1")
    assert key != other
    erase(f"shop:{SHOP}", drain)
    assert list(objects()) == [other]
    assert {day.tenant for day in EventDay.scan()} == {f"shop:x{SHOP}:studio"}


def test_a_day_without_a_manifest_is_not_marked() -> None:
    mark_changed_day("together", "2026-11-01")
    assert list(EventDay.scan()) == []
