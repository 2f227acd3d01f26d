"""The SQL of a day against a plain recount, without tables and buckets."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import Phase, given, settings

from chalicelib.analytics.service.day_database import DayOptions, open_day
from tests.analytics.event_factories import LakeEvent, part_of
from tests.analytics.event_strategies import end_of_week, weeks
from tests.analytics.recount import recount
from tests.examples import examples

COUNTED = {"page_view": "plan"}
FEATURE_COLUMNS = (
    "active_users",
    "new_users",
    "usage_count",
    "time_spent_seconds",
    "starts",
    "completions",
    "rating_sum",
)


@settings(max_examples=examples(4), phases=[Phase.explicit, Phase.generate], derandomize=True)
@given(weeks())
def test_numbers_of_every_day_equal_a_plain_recount(events: list[LakeEvent]) -> None:
    expected = recount(events, COUNTED)
    files = _days(events)
    firsts = None
    for _ in range(2):  # the second pass knows the first days of users
        results = {}
        for day in files:
            results[day], firsts = _compute(events, files, day, firsts)
    for day, result in results.items():
        traffic = {**expected.traffic[day]}
        del traffic["bounce_rate"]
        assert result["traffic"] == traffic
        assert result["counts"] == expected.counts[day]
        assert result["features"] == expected.features[day]
        assert result["scores"] == expected.scores[day]
        assert result["partners"] == expected.partners[day]
        assert result["visits"] == expected.visits[day]
        assert result["views"] == expected.views[day]


def _days(events: list[LakeEvent]) -> dict[date, bytes]:
    return {
        day: part_of(event for event in events if event["day"] == day) for day in sorted({e["day"] for e in events})
    }


def _compute(
    events: list[LakeEvent], files: dict[date, bytes], day: date, firsts: bytes | None
) -> tuple[dict[str, Any], bytes]:
    with open_day(DayOptions("t", day, end_of_week(events), COUNTED)) as database:
        database.load(None, [files[day]])
        before, after = database.unite()
        database.place_visits(
            _united(events, files, day - timedelta(days=1)) if before else None,
            _united(events, files, day + timedelta(days=1)) if after else None,
        )
        database.unite_firsts(firsts)
        rows = list(database.events_to_put())
        result = {
            "traffic": database.traffic(),
            "counts": {
                (row["event"], row["value"]): (row["event_count"], row["visitors"]) for row in database.event_counts()
            },
            "features": {
                row["feature"]: tuple(row[name] for name in (*FEATURE_COLUMNS, "rating_count"))
                for row in database.features()
            },
            "partners": {row["partner_id"]: tuple(list(row.values())[1:]) for row in database.partners()},
            "scores": {row["user_id"]: tuple(list(row.values())[1:]) for row in database.engagement()},
            "visits": {
                (
                    row["visit_id"],
                    row["user_id"],
                    row["event_count"],
                    row["page_count"],
                    row["duration_seconds"],
                    row["is_bounce"],
                    row["entry_page"],
                    row["exit_page"],
                )
                for row in database.visits_to_put()
            },
            "views": {
                (row["id"], row["visit_id"], row["row_user_id"], row["duration_seconds"], row["is_bounce"])
                for row in rows
                if row["type"] == "page_view"
            },
        }
        return result, database.firsts_file()


def _united(events: list[LakeEvent], files: dict[date, bytes], day: date) -> bytes | None:
    """Return the neighbor's object as its own computation leaves it."""
    if day not in files:
        return None
    with open_day(DayOptions("t", day, end_of_week(events), COUNTED)) as database:
        database.load(None, [files[day]])
        database.unite()
        database.place_visits(None, None)
        database.unite_firsts(None)
        return database.day_file()
