"""The queries of reports give what an exhaustive search gives, and Athena's parser reads them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.lake import EVENT_COLUMNS
from chalicelib.analytics.domain.reports.funnel_sql import funnel_query
from chalicelib.analytics.domain.reports.questions import EventFilter, FunnelQuestion, Period, RetentionQuestion
from chalicelib.analytics.domain.reports.results import funnel_result, retention_result
from chalicelib.analytics.domain.reports.retention_sql import retention_query
from chalicelib.analytics.domain.reports.source_sql import Source
from chalicelib.analytics.enums import FunnelOrder
from chalicelib.analytics.service.report_database import FIRSTS_COLUMNS, query_files
from chalicelib.integrations import parquet
from tests.analytics import report_search
from tests.analytics.event_factories import LakeEvent, part_of
from tests.examples import examples

FIRST = date(2026, 1, 1)
TENANT = "shop:it's.example:a"
HOSTILE = "a'); DROP TABLE analytics_events; --"
NAMES = ("a", "b", HOSTILE)


def _event(number: int, second: int, name: str, person: str, data: dict[str, Any] | None) -> LakeEvent:
    at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(seconds=second)
    event: LakeEvent = dict.fromkeys(EVENT_COLUMNS)
    at_ms = int(at.timestamp() * 1000)
    event.update(id=str(uuid.UUID(int=number)), type="user_action", name=name, version=0, at_ms=at_ms)
    event.update(
        received_ms=at_ms, day=at.date(), time_zone="UTC", source="server", data=json.dumps(data) if data else None
    )
    event.update(
        {"u": {"user_id": person[1:]}, "v": {"visitor": person[1:]}, "s": {"session_id": person[1:]}}[person[0]]
    )
    return event


@st.composite
def streams(draw: st.DrawFn) -> list[LakeEvent]:
    """A few events of two persons; ids are in another order than times."""
    count = draw(st.integers(0, 8))
    numbers = draw(st.permutations(range(count)))
    return [
        _event(
            numbers[index],
            draw(st.sampled_from([0, 1, 59, 60, 61, 120, 86_399, 86_400, 90_000])),
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from(["u1", "u1", "v1"])),
            draw(st.sampled_from([None, {"k": "x"}, {"k": 1}, {"k": True}, {"it's": "x"}, {"k": {"x": 1}}])),
        )
        for index in range(count)
    ]


filters = st.builds(
    EventFilter,
    st.sampled_from(NAMES),
    st.sampled_from([{}, {}, {}, {"k": "x"}, {"k": 1}, {"k": True}, {"it's": "x"}]),
)
funnels = st.builds(
    FunnelQuestion,
    st.lists(filters, min_size=2, max_size=4).map(tuple),
    st.sampled_from(FunnelOrder),
    st.sampled_from([1, 60, 86_400]),
    st.just(FIRST),
    st.sampled_from([FIRST, FIRST + timedelta(days=1)]),
)


def _rows(query: str, events: Sequence[LakeEvent], firsts: bytes | None = None) -> list[dict[str, Any]]:
    sqlglot.parse_one(query, dialect="athena")
    return query_files(TENANT, query, [part_of(events)] if events else [], firsts)


@pytest.mark.parametrize("order", FunnelOrder)
@settings(max_examples=examples(20))
@given(funnel=funnels, events=streams())
def test_a_funnel_counts_what_a_search_of_all_attempts_finds(
    order: FunnelOrder, funnel: FunnelQuestion, events: list[LakeEvent]
) -> None:
    question = FunnelQuestion(funnel.steps, order, funnel.window_seconds, funnel.first_day, funnel.last_day)
    source = Source(TENANT, *question.days, has_copies=True)
    results = funnel_result(question, _rows(funnel_query(question, source), [*events, *events[:2]]))
    expected = report_search.funnel(question, events)
    assert [step.reached for step in results] == [reached for reached, _, _ in expected]
    for step, (_, average, middle) in zip(results, expected, strict=True):
        assert step.average_seconds == (None if average is None else pytest.approx(average, abs=0.001))
        assert step.median_seconds == (None if middle is None else pytest.approx(middle, abs=0.001))


@settings(max_examples=examples(20))
@given(
    start=filters,
    returning=filters,
    period=st.sampled_from(Period),
    first_time=st.booleans(),
    moves=st.lists(st.integers(0, 40), max_size=8),
    events=streams(),
)
def test_retention_counts_what_a_search_of_all_persons_finds(
    start: EventFilter,
    returning: EventFilter,
    period: Period,
    first_time: bool,
    moves: list[int],
    events: list[LakeEvent],
) -> None:
    for event, days in zip(events, moves, strict=False):
        event["day"] += timedelta(days=days)
    question = RetentionQuestion(start, returning, period, first_time, FIRST, FIRST + timedelta(days=35))
    known = {(HOSTILE, "1"): date(2025, 12, 31), ("a", "1"): FIRST + timedelta(days=2)}
    source = Source(TENANT, *question.days, has_copies=True)
    firsts = parquet.write(
        FIRSTS_COLUMNS,
        [{"event": name, "user_id": user, "first_day": str(day)} for (name, user), day in known.items()],
    )
    rows = _rows(retention_query(question, source), events, firsts)
    counts = {(row["start_period"], row["return_period"]): row["persons"] for row in rows}
    assert counts == report_search.retention(question, events, known)


def test_periods_that_have_not_begun_are_null() -> None:
    question = RetentionQuestion(
        EventFilter("a"), EventFilter("b"), Period.WEEK, False, date(2026, 1, 6), date(2026, 1, 25)
    )
    rows = [{"start_period": "2026-01-05", "return_period": "2026-01-12", "persons": "3"}]
    first, second, third = retention_result(question, rows, today=date(2026, 1, 18))
    assert (first.date, first.values, first.complete) == (date(2026, 1, 5), [0, 3, None], False)
    assert (second.values, second.complete) == ([0, None], False)
    assert (third.values, third.complete) == ([None], False)
    first, second, third = retention_result(question, rows, today=date(2026, 1, 26))
    assert [row.complete for row in (first, second, third)] == [False, True, True]
    assert third.values == [0]


def test_an_attempt_is_in_the_window_to_its_last_millisecond() -> None:
    events = [_event(1, 0, "a", "u1", None), _event(2, 60, "b", "u1", None)]
    steps = (EventFilter("a"), EventFilter("b"))
    question = FunnelQuestion(steps, FunnelOrder.ORDERED, 60, FIRST, FIRST)
    query = funnel_query(question, Source(TENANT, *question.days, has_copies=True))
    assert [step.reached for step in funnel_result(question, _rows(query, events))] == [1, 1]
    events[1]["at_ms"] += 1
    assert [step.reached for step in funnel_result(question, _rows(query, events))] == [1, 0]


def test_a_strict_funnel_ends_with_any_other_event() -> None:
    events = [_event(number, number, name, "u1", None) for number, name in enumerate(["a", "c", "b", "a", "b"])]
    question = FunnelQuestion((EventFilter("a"), EventFilter("b")), FunnelOrder.STRICT, 60, FIRST, FIRST)
    query = funnel_query(question, Source(TENANT, *question.days, has_copies=True))
    _, second = funnel_result(question, _rows(query, events))
    assert second.reached == 1
    assert second.average_seconds == 1
