from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from chalicelib.analytics import service
from chalicelib.analytics.enums import SiteKind
from chalicelib.analytics.models import Site
from chalicelib.kit import clock
from tests.analytics.event_factories import TENANT, lake_event, store


def test_counts_are_split_by_the_counted_property(compute_due_days: Callable[[], int]) -> None:
    now = clock.now()
    Site(
        TENANT,
        kind=SiteKind.SHOP,
        name="Demo",
        key="k",
        secret_hash="h",
        counted={"order": "plan/size"},
        created_at=now,
        updated_at=now,
    ).save()
    order: dict[str, Any] = {"type": "conversion", "name": "order"}
    store(
        [
            lake_event("2026-03-27 10:00", **order, data='{"plan/size":"b"}'),
            lake_event("2026-03-28 10:00", **order, data='{"plan/size":"a"}'),
            lake_event("2026-03-28 10:01", **order, data='{"plan/size":"a"}', visitor="v2"),
            lake_event("2026-03-28 10:02", **order, data='{"plan/size":3}'),
            lake_event("2026-03-28 10:03", **order),
            lake_event("2026-03-29 10:00", **order),
        ]
    )
    compute_due_days()

    days = service.daily_counts(TENANT, "order", date(2026, 3, 27), date(2026, 3, 28))

    assert days == {
        date(2026, 3, 27): {"b": {"count": 1, "visitors": 1}},
        date(2026, 3, 28): {
            "": {"count": 1, "visitors": 1},
            "3": {"count": 1, "visitors": 1},
            "a": {"count": 2, "visitors": 2},
        },
    }
    assert service.count_sessions(TENANT, date(2026, 3, 28)) == 2
    assert service.count_sessions(TENANT, date(2026, 3, 26)) == 0
