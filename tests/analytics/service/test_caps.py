"""The caps of a day: beyond them names, values and features count together."""

from __future__ import annotations

from datetime import date

from chalicelib.analytics.domain.day_sql.counts import FEATURE_LIMIT, NAME_LIMIT, OTHER, VALUE_LIMIT
from chalicelib.analytics.service.day_database import DayDatabase, DayOptions, open_day
from tests.analytics.event_factories import LakeEvent, lake_event, local, part_of

OPTIONS = DayOptions("t", date(2026, 3, 28), local("2026-04-02 00:00"), {"order": "sku"})


def place(database: DayDatabase, events: list[LakeEvent]) -> None:
    database.load(None, [part_of(events)])
    database.unite()
    database.place_visits(None, None)
    database.unite_firsts(None)


def test_rare_names_and_features_are_counted_together() -> None:
    names = [f"f{number:04}" for number in range(NAME_LIMIT + 3)]
    events = [lake_event("2026-03-28 10:00", type="feature_usage", name=name) for name in [*names, *names[:-3]]]
    with open_day(OPTIONS) as database:
        place(database, events)
        counts, features = database.event_counts(), database.features()

    assert len(counts) == NAME_LIMIT + 1
    assert [row["event_count"] for row in counts if row["event"] == OTHER] == [3]
    assert len(features) == FEATURE_LIMIT + 1
    assert [row["usage_count"] for row in features if row["feature"] == OTHER] == [3]


def test_rare_values_of_an_event_are_counted_together() -> None:
    values = [f"{number:05}" for number in range(VALUE_LIMIT + 3)]
    events = [
        lake_event("2026-03-28 10:00", name="order", data=f'{{"sku":"{value}"}}') for value in [*values, *values[:-3]]
    ]
    with open_day(OPTIONS) as database:
        place(database, events)
        counts = database.event_counts()

    assert len(counts) == VALUE_LIMIT + 1
    assert [(row["event_count"], row["visitors"]) for row in counts if row["value"] == OTHER] == [(3, 1)]
