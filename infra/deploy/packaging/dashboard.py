"""One CloudWatch dashboard per stage: the API, then the functions, then the queues."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kit import config
from infra.deploy import data_stack, handlers
from infra.deploy.packaging.alarms import P95_MILLISECONDS
from infra.deploy.packaging.names import API_STAGE, function_name, functions

WIDTH, HEIGHT = 12, 6
"""Half of a dashboard's 24 columns; rows of about 50 pixels."""


def resource() -> dict[str, Any]:
    """Return the dashboard. Its body is a JSON string, in which Fn::Sub inserts the region."""
    widgets = [
        {
            "type": "metric",
            "x": n % 2 * WIDTH,
            "y": n // 2 * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "properties": shown,
        }
        for n, shown in enumerate(_widgets())
    ]
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": config.settings().namespace,
            "DashboardBody": {"Fn::Sub": json.dumps({"widgets": widgets}, separators=(",", ":"))},
        },
    }


def _widgets() -> list[dict[str, Any]]:
    api = ["ApiName", config.settings().namespace, "Stage", API_STAGE]
    named = [(name, ["FunctionName", function_name(name)]) for name in functions()]
    queues = [(consumer.queue, data_stack.physical(consumer.queue)) for consumer in handlers.consumers()]
    latency = [["AWS/ApiGateway", "Latency", *api, {"stat": stat, "label": stat}] for stat in ("p50", "p95", "p99")]
    shown = [
        _widget("Requests", [["AWS/ApiGateway", metric, *api] for metric in ("Count", "4XXError", "5XXError")], "Sum"),
        _widget("Request latency, ms", latency, "p95")
        | {"annotations": {"horizontal": [{"label": "alarm", "value": P95_MILLISECONDS}]}},
        _widget("Errors", [["AWS/Lambda", "Errors", *at, {"label": name}] for name, at in named], "Sum"),
        _widget("Throttles", [["AWS/Lambda", "Throttles", *at, {"label": name}] for name, at in named], "Sum"),
        _widget("Duration p95, ms", [["AWS/Lambda", "Duration", *at, {"label": name}] for name, at in named], "p95"),
        _widget("Invocations", [["AWS/Lambda", "Invocations", *at, {"label": name}] for name, at in named], "Sum"),
    ]
    if queues:
        age, waiting = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
        shown += [
            _widget(
                "Age of oldest message, s",
                [["AWS/SQS", age, "QueueName", queue, {"label": name}] for name, queue in queues],
                "Maximum",
            ),
            _widget(
                "Dead letters",
                [["AWS/SQS", waiting, "QueueName", f"{queue}-dead", {"label": name}] for name, queue in queues],
                "Maximum",
            ),
        ]
    return shown


def _widget(title: str, metrics: list[list[Any]], statistic: str) -> dict[str, Any]:
    return {
        "title": title,
        "region": "${AWS::Region}",
        "metrics": metrics,
        "stat": statistic,
        "period": 300,
        "view": "timeSeries",
    }
