"""Metrics in CloudWatch's embedded metric format: one line on standard output, no API call."""

from __future__ import annotations

from datetime import timedelta

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from chalicelib.kit import config


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Add `value` to the metric `name`. Use few dimensions with few values (a handler, a topic)."""
    _write(name, MetricUnit.Count, value, dimensions)


def duration(name: str, value: timedelta, **dimensions: str) -> None:
    """Record a duration, in whole seconds, under `name`."""
    _write(name, MetricUnit.Seconds, int(value.total_seconds()), dimensions)


def _write(name: str, unit: MetricUnit, value: int, dimensions: dict[str, str]) -> None:
    settings = config.settings()
    if not settings.is_live:
        return  # standard output is a terminal there
    defaults = {"stage": settings.stage, **dimensions}
    with single_metric(name=name, unit=unit, value=value, namespace="Backroom", default_dimensions=defaults):
        pass
