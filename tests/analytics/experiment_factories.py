"""Experiments, and the events of their subjects as the lake has them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.analytics.domain.experiments.events import CONVERTED, EXPOSED
from chalicelib.analytics.enums import MetricKind
from chalicelib.analytics.service import create_experiment, start
from tests.analytics.event_factories import TENANT, LakeEvent, lake_event

METRIC = "order_placed"


def variants(*weights: int) -> list[dict[str, Any]]:
    """The control `a`, then `b`, `c` and so on, with these weights; by default half each."""
    return [{"variant": "abcdefghij"[n], "weight": weight} for n, weight in enumerate(weights or (5000, 5000))]


def running_experiment(
    *weights: int, kind: MetricKind = MetricKind.PROPORTION, tenant: str = TENANT, name: str = "Button"
) -> str:
    """The id of a new experiment that runs from now on."""
    test = create_experiment(tenant, name, METRIC, kind, variants(*weights))
    start(tenant, test)
    return test


def exposure(test: str, subject: str, position: int, at: datetime, **columns: Any) -> LakeEvent:
    """A subject sees the variant at this position."""
    data = json.dumps({"position": position, "test": test})
    return lake_event(at, type="system", name=EXPOSED, user_id=subject, visitor=None, data=data, **columns)


def conversion(test: str | None, subject: str, at: datetime, value: object = None, **columns: Any) -> LakeEvent:
    """A subject converts in a test; without a test by an event of the metric's name."""
    kind = {"type": "system", "name": CONVERTED} if test else {"type": "conversion", "name": METRIC}
    fields = {"data": json.dumps({"test": test}) if test else None, "user_id": subject, "visitor": None}
    return lake_event(at, **{**kind, **fields, "value": None if value is None else Decimal(str(value)), **columns})


def recount(
    test: str, events: Sequence[LakeEvent], count: int, bounds: tuple[int, int]
) -> tuple[list[Any], int, dict[str, Any]]:
    """Return (exposures, conversions, revenue, squares) by position, the excluded subjects, and the assignments.

    A plain recount that shares no code with the computation. `bounds` are the start and the end in milliseconds.
    """
    newest: dict[str, LakeEvent] = {}
    for event in events:
        best = newest.get(event["id"])
        if best is None or (-event["version"], event["received_ms"]) < (-best["version"], best["received_ms"]):
            newest[event["id"]] = event
    start_ms, end_ms = bounds
    ordered = sorted(newest.values(), key=lambda event: (event["at_ms"], event["id"]))
    in_time = [event for event in ordered if start_ms <= event["at_ms"] <= end_ms and event["user_id"]]
    seen: dict[str, list[tuple[int, int]]] = {}
    for event in in_time:
        data = json.loads(event["data"] or "{}")
        is_exposure = event["name"] == EXPOSED and event["type"] == "system" and data.get("test") == test
        if is_exposure and 0 <= data["position"] < count:
            seen.setdefault(event["user_id"], []).append((data["position"], event["at_ms"]))
    excluded = {subject for subject, places in seen.items() if len({position for position, _ in places}) > 1}
    sums: list[list[Any]] = [[0, 0, Decimal(0), Decimal(0)] for _ in range(count)]
    for subject, [(position, first_ms), *_] in seen.items():
        if subject in excluded:
            continue
        values = [
            event["value"] or Decimal(0)
            for event in in_time
            if event["user_id"] == subject
            and event["at_ms"] >= first_ms
            and _converts(event, test)
            and event["value"] != 0
        ]
        total = sum(values, Decimal(0))
        for index, amount in enumerate((1, bool(values), total, total * total)):
            sums[position][index] += amount
    first = {
        subject: ("abcdefghij"[places[0][0]], subject in excluded, places[0][1]) for subject, places in seen.items()
    }
    return sums, len(excluded), first


def _converts(event: LakeEvent, test: str) -> bool:
    target = json.loads(event["data"] or "{}").get("test")
    if event["name"] == METRIC and event["type"] != "bot":
        return target in (None, test)
    return bool(event["name"] == CONVERTED and event["type"] == "system" and target == test)


def uuid_of(number: int) -> str:
    """A UUID for a number."""
    return str(uuid.UUID(int=number))


def later(moment: datetime, **duration: float) -> datetime:
    """A time after a moment, by a duration of timedelta."""
    return moment + timedelta(**duration)
