"""Funnels and retention in plain Python: an exhaustive search of the definitions, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations, permutations
from statistics import median
from typing import Any

from chalicelib.analytics.domain.reports.questions import EventFilter, FunnelQuestion, RetentionQuestion
from chalicelib.analytics.domain.reports.results import period_of
from chalicelib.analytics.enums import FunnelOrder
from tests.analytics.event_factories import LakeEvent


def funnel(question: FunnelQuestion, events: Iterable[LakeEvent]) -> list[tuple[int, float | None, float | None]]:
    """Return, for each step: persons, average and median seconds from the step before."""
    times = [_best(question, stream) for stream in _by_person(events).values()]
    result: list[tuple[int, float | None, float | None]] = []
    for number in range(len(question.steps)):
        reached = [attempt for attempt in times if len(attempt) > number]
        gaps = [(attempt[number] - attempt[number - 1]) / 1000 for attempt in reached]
        known = bool(number and gaps)
        result.append((len(reached), sum(gaps) / len(gaps) if known else None, median(gaps) if known else None))
    return result


def _by_person(events: Iterable[LakeEvent]) -> dict[str, list[LakeEvent]]:
    streams: dict[str, list[LakeEvent]] = {}
    for event in sorted(events, key=lambda event: (event["at_ms"], event["id"])):
        if event["type"] != "bot" and (person := person_of(event)):
            streams.setdefault(person, []).append(event)
    return streams


def person_of(event: LakeEvent) -> str | None:
    """Return the person of an event outside of visits with a user."""
    for letter, column in (("u", "user_id"), ("v", "visitor"), ("s", "session_id")):
        if event[column] is not None:
            return f"{letter}{event[column]}"
    return None


def _best(question: FunnelQuestion, stream: Sequence[LakeEvent]) -> list[int]:
    """Return the times of the furthest attempt; of several the first in the order of their events."""
    attempts = sorted(_attempts(question, stream), key=lambda places: (-len(places), places))
    return [stream[place]["at_ms"] for place in attempts[0]] if attempts else []


def _attempts(question: FunnelQuestion, stream: Sequence[LakeEvent]) -> Iterator[tuple[int, ...]]:
    for size in range(1, len(question.steps) + 1):
        for places in combinations(range(len(stream)), size):
            first, last = stream[places[0]], stream[places[-1]]
            in_window = last["at_ms"] - first["at_ms"] <= question.window_seconds * 1000
            in_range = question.first_day <= first["day"] <= question.last_day
            if in_window and in_range and _does(question, [stream[place] for place in places], places):
                yield places


def _does(question: FunnelQuestion, events: Sequence[LakeEvent], places: tuple[int, ...]) -> bool:
    if question.order is FunnelOrder.UNORDERED:
        return any(_match(steps, events) for steps in permutations(question.steps, len(events)))
    if question.order is FunnelOrder.STRICT and places != tuple(range(places[0], places[0] + len(places))):
        return False
    return _match(question.steps, events)


def _match(steps: Sequence[EventFilter], events: Sequence[LakeEvent]) -> bool:
    return all(passes(step, event) for step, event in zip(steps, events, strict=False))


def passes(step: EventFilter, event: LakeEvent) -> bool:
    """Return whether an event passes a filter."""
    data: dict[str, Any] = json.loads(event["data"]) if event["data"] else {}
    return event["name"] == step.name and all(
        key in data and type(data[key]) is type(value) and data[key] == value for key, value in step.where.items()
    )


def retention(
    question: RetentionQuestion, events: Iterable[LakeEvent], firsts: dict[tuple[str, str], date]
) -> dict[tuple[date, date], int]:
    """Return the persons by period of start and of return."""
    in_range = [event for event in events if question.first_day <= event["day"] <= question.last_day]
    counts: dict[tuple[date, date], int] = {}
    for person, stream in _by_person(in_range).items():
        starts = {period_of(e["day"], question.period) for e in stream if passes(question.start, e)}
        if question.first_time and starts:
            first = firsts.get((question.start.name, person[1:])) if person.startswith("u") else None
            starts &= {period_of(first, question.period) if first else min(starts)}
        returns = {period_of(e["day"], question.period) for e in stream if passes(question.returning, e)}
        for start in starts:
            for later in {start} | {period for period in returns if period > start}:
                counts[start, later] = counts.get((start, later), 0) + 1
    return counts
