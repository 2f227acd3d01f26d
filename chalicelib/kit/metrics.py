"""Metrics in CloudWatch's embedded metric format: a line on standard output, no call."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from chalicelib.kit import config


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Add `value` to the counter `name`. Dimensions must be few and of few values (a handler, a topic)."""
    settings = config.settings()
    if not settings.is_live:
        return  # standard output is a person's terminal there
    defaults = {"stage": settings.stage, **dimensions}
    with single_metric(
        name=name, unit=MetricUnit.Count, value=value, namespace="Backroom", default_dimensions=defaults
    ):
        pass
