"""EventBridge's `rate(…)` expressions: when a schedule is due, and which event it sends."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from chalicelib.kit import clock, config, locks
from infra.deploy.handlers import Schedule

_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}


def seconds(expression: str) -> int:
    """Return the period of `rate(value unit)` in seconds. Raises ValueError if the expression is no rate."""
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if not match:
        raise ValueError(f"{expression}: expected rate(n minutes|hours|days)")
    return int(match[1]) * _UNITS[match[2]]


def first_wait(schedule: Schedule) -> float:
    """Return the seconds until the first run; 0 if the last completed run is at least one period ago."""
    last = locks.watermark(f"schedule/{schedule.name}")
    if last is None and schedule.formerly:
        last = locks.watermark(f"schedule/{schedule.formerly}")
    period = seconds(schedule.expression)
    if last is None:
        return float(period)
    return max(0.0, period - (clock.now() - clock.parse(last)).total_seconds())


def event_of(schedule: Schedule, due: datetime) -> dict[str, Any]:
    """Return the event that EventBridge sends to a function at `due`."""
    settings = config.settings()
    return {
        "version": "0",
        "id": schedule.name,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": settings.account_id,
        "time": clock.iso(due),
        "region": settings.region,
        "resources": [f"arn:aws:events:{settings.region}:{settings.account_id}:rule/{schedule.name}"],
        "detail": {},
    }
