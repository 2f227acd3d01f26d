"""The caps of a day: beyond them names, values and features count together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from chalicelib.analytics.domain.day_sql.counts import FEATURE_LIMIT, NAME_LIMIT, OTHER, VALUE_LIMIT
from chalicelib.analytics.domain.day_sql.errors import GROUP_LIMIT
from chalicelib.analytics.domain.day_sql.traffic import TOP_COUNT
from chalicelib.analytics.domain.packed_json import MAX_BYTES, pack_lists, unpack
from chalicelib.analytics.service.day_database import DayDatabase, DayOptions, open_day
from infra.bench.subjects.rollup_input import EVENTS
from tests.analytics.event_factories import LakeEvent, lake_event, local, part_of

EACH = 20_000
"""Distinct paths, values, error messages and features of a day: beyond every cap. A million take the same way."""
_LETTERS = "translate(md5(CAST(number AS VARCHAR)), '0123456789', 'ghijklmnop')"
DISTINCT = f"""
SELECT * EXCLUDE number REPLACE (
    ['page_view', 'user_action', 'error', 'feature_usage'][number % 4 + 1] AS type,
    ['page_view', 'order', 'error', 'f_' || number][number % 4 + 1] AS name,
    if(number % 4 = 0, '/products/' || repeat('x', 80) || number, '/') AS path,
    CASE number % 4 WHEN 1 THEN '{{"sku":"' || number || '"}}'
        WHEN 2 THEN '{{"type":"E","message":"no ' || {_LETTERS} || '"}}' END AS data
) FROM (SELECT row_number() OVER (ORDER BY id) - 1 AS number, * FROM ({EVENTS}))
"""
"""Events of four types in turn, each with another path, value, message or name."""
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


def test_caps_hold_and_nothing_is_lost_with_many_distinct_texts(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET VARIABLE visits = ?", [EACH * 4 // 10])
        connection.execute(f"COPY ({DISTINCT}) TO '{tmp_path}/part.parquet' (FORMAT parquet)")
    with open_day(OPTIONS) as database:
        database.load(None, [(tmp_path / "part.parquet").read_bytes()])
        database.unite()
        database.place_visits(None, None)
        database.unite_firsts(None)
        counts, features, groups = database.event_counts(), database.features(), database.error_groups()
        traffic, top = database.traffic(), database.top()

    by_name: dict[str, list[int]] = {}
    for row in counts:
        by_name.setdefault(row["event"], []).append(row["event_count"])
    assert {name: sum(by_name[name]) for name in ("page_view", "order", "error")} == dict.fromkeys(
        ("page_view", "order", "error"), EACH
    )
    assert (len(by_name), len(by_name["order"])) == (NAME_LIMIT + 1, VALUE_LIMIT + 1)
    assert by_name[OTHER] == [EACH - (NAME_LIMIT - 3)]
    assert (len(features), sum(row["usage_count"] for row in features)) == (FEATURE_LIMIT + 1, EACH)
    assert (len(groups), sum(row["occurrences"] for row in groups)) == (GROUP_LIMIT + 1, EACH)
    assert (traffic["events"], traffic["page_views"]) == (4 * EACH, EACH)
    assert {len(top[name]) for name in ("pages", "events")} == {TOP_COUNT}
    packed = pack_lists(top)
    assert len(packed) <= MAX_BYTES
    assert unpack(packed).keys() == top.keys()
