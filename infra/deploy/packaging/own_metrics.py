"""Our own metrics: their declarations in kit and the contexts, and what the alarms need to know of their writers."""

from __future__ import annotations

import re
from importlib import import_module
from types import ModuleType

from chalicelib.kit.metrics import Alarm, Metric
from infra.deploy import handlers
from infra.deploy.handlers import ROOT

SHORTEST_PERIOD = 300
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


def declared() -> list[Metric]:
    """Return every declared metric, sorted by name."""
    found = [value for module in _modules() for value in vars(module).values() if isinstance(value, Metric)]
    return sorted(found, key=lambda metric: metric.name)


def batch_schedules() -> list[str]:
    """Return the schedules of all contexts that run batches, sorted."""
    return sorted(name for module in _modules() for name in vars(module).get("BATCH_SCHEDULES", ()))


def alarm_values(metric: Metric, alarm: Alarm) -> list[dict[str, str]]:
    """Return the dimensions of each alarm of the metric, without the stage."""
    if not metric.dimensions:
        return [{}]
    [dimension] = metric.dimensions
    values = alarm.values or (batch_schedules() if alarm.written_by == "{value}" else [])
    return [{dimension: value} for value in values]


def alarm_period(schedule: str) -> int:
    """Return the period in seconds within which a schedule's metric must be written: two of its intervals."""
    return max(SHORTEST_PERIOD, 2 * interval(schedule))


def interval(schedule: str) -> int:
    """Return the seconds between two runs of a schedule. Raises ValueError if it has no rate."""
    [expression] = [each.expression for each in handlers.schedules() if each.name == schedule]
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if rate is None:
        raise ValueError(f"{schedule} has alarms that depend on its interval and must have a rate, not {expression}")
    return int(rate[1]) * _SECONDS[rate[2]]


def _modules() -> list[ModuleType]:
    paths = sorted((ROOT / "chalicelib").glob("*/metrics.py"))
    return [import_module(f"chalicelib.{path.parent.name}.metrics") for path in paths]
