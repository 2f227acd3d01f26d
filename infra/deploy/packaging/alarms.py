"""CloudWatch alarms, with the thresholds of the product's definitions.

A function's error rate is an average: Lambda reports 0 or 1 for each call (AWS, "Lambda function metrics"), so the mean of
`Errors` is the share of failed calls. The API's 5xx are a count: a plain alarm on their share would fire on one failure in a
quiet period.
"""

from __future__ import annotations

from typing import Any

from chalicelib.kit import config
from chalicelib.kit.metrics import NAMESPACE, Alarm, Metric
from infra.deploy import data_stack, handlers
from infra.deploy.handlers import Consumer
from infra.deploy.packaging import own_metrics
from infra.deploy.packaging.names import API, API_STAGE, function_name, functions

Resources = dict[str, dict[str, Any]]

ERROR_RATE = 0.01
SERVER_ERRORS = 5
"""Responses with 5xx in a period that are tolerated: 1 % of 500 requests."""
P95_MILLISECONDS = 500
OLDEST_SECONDS = 900
"""The maximum age of a queue's oldest message, after its batching window and unless one retry takes longer."""

ALARM_EMAIL = "AlarmEmail"
"""The parameter with the address for notifications, and the condition that there is one."""
EMAIL_GIVEN = "AlarmEmailGiven"


def resources() -> Resources:
    """Return every alarm, and the topic that they publish to."""
    found = _topic() | _throttles()
    for name in functions():
        found |= _function(name)
    for consumer in handlers.consumers():
        found |= _queue(consumer)
    for metric in own_metrics.declared():
        found |= _ours(metric)
    return found | _api()


def _topic() -> Resources:
    """Return the alarm topic and its e-mail subscription.

    The topic is not encrypted: CloudWatch cannot publish with AWS's own SNS key, and alarms contain no personal data.
    """
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{config.settings().namespace}-alarms"}}
    subscription = {
        "Type": "AWS::SNS::Subscription",
        "Condition": EMAIL_GIVEN,
        "Properties": {
            "TopicArn": {"Ref": "AlarmTopic"},
            "Protocol": "email",
            "Endpoint": {"Ref": ALARM_EMAIL},
        },
    }
    return {"AlarmTopic": topic, "AlarmSubscription": subscription}


def _function(name: str) -> Resources:
    """Return the errors alarm of a function.

    A schedule with an interval of ten minutes or more has no calls in two consecutive periods: one is enough.
    """
    scheduled = {schedule.name for schedule in handlers.schedules()}
    is_rare = name in scheduled and own_metrics.interval(name) >= 2 * own_metrics.SHORTEST_PERIOD
    subject, dimensions = function_name(name), {"FunctionName": function_name(name)}
    return _alarm(
        f"{subject}-errors",
        f"More than 1 % of the calls of {subject} fail: see its log.",
        metric=("AWS/Lambda", "Errors", dimensions),
        statistic="Average",
        above=ERROR_RATE,
        periods=1 if is_rare else 2,
    )


def _throttles() -> Resources:
    """Return one alarm for the account and region: all functions share the concurrency limit."""
    return _alarm(
        f"{config.settings().namespace}-throttles",
        "Lambda throttles calls in this account: raise its concurrency limit.",
        metric=("AWS/Lambda", "Throttles", {}),
        statistic="Sum",
        above=0,
    )


def _queue(consumer: Consumer) -> Resources:
    queue = data_stack.physical(consumer.queue)
    dead = f"{queue}-dead"
    return _alarm(
        f"{queue}-age",
        f"{function_name(consumer.name)} is too slow for its queue, or fails: see its log.",
        metric=("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue}),
        statistic="Maximum",
        above=max(OLDEST_SECONDS + consumer.options.batching_window, 2 * data_stack.visibility_timeout(consumer)),
    ) | _alarm(
        f"{queue}-dead-letters",
        f"Messages are in {dead}: inspect them, fix the cause, then redrive them (backroom ops dead-letters).",
        metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": dead}),
        statistic="Maximum",
        above=0,
    )


def _api() -> Resources:
    subject = function_name(API)
    dimensions = {"ApiName": config.settings().namespace, "Stage": API_STAGE}
    return _alarm(
        f"{subject}-5xx",
        f"More than {SERVER_ERRORS} API requests in five minutes fail with status 5xx, twice in a row.",
        metric=("AWS/ApiGateway", "5XXError", dimensions),
        statistic="Sum",
        above=SERVER_ERRORS,
        periods=2,
    ) | _alarm(
        f"{subject}-p95",
        "The 95th percentile of API latency is above 500 ms.",
        metric=("AWS/ApiGateway", "Latency", dimensions),
        statistic="p95",
        above=P95_MILLISECONDS,
        periods=3,
    )


def _ours(metric: Metric) -> Resources:
    """Return the alarms that one of our own metrics declares, one for each value of its dimension."""
    found: Resources = {}
    if isinstance(metric.alarm, Alarm):
        for dimensions in own_metrics.alarm_values(metric, metric.alarm):
            found |= _our_alarm(metric.name, metric.alarm, dimensions)
    return found


def _our_alarm(metric: str, alarm: Alarm, dimensions: dict[str, str]) -> Resources:
    """Return one alarm. Missing data triggers it if a schedule writes the metric at every run."""
    settings, value = config.settings(), next(iter(dimensions.values()), "")
    resource = _alarm(
        f"{settings.namespace}-{alarm.name.format(value=value)}",
        alarm.description,
        metric=(NAMESPACE, metric, {"stage": settings.stage, **dimensions}),
        statistic=alarm.statistic,
        above=alarm.above,
        periods=alarm.periods,
    )
    if alarm.written_by is not None:
        [body] = resource.values()
        period = own_metrics.alarm_period(alarm.written_by.format(value=value))
        body["Properties"] |= {"Period": period, "TreatMissingData": "breaching"}
    return resource


def _alarm(
    name: str,
    description: str,
    *,
    metric: tuple[str, str, dict[str, str]],
    statistic: str,
    above: float,
    periods: int = 1,
) -> Resources:
    """Return an alarm that triggers if the metric exceeds `above` for `periods` periods of five minutes.

    A percentile of few samples is ignored: for p95, of fewer than 200 in a period (AWS, "Percentile-based alarms").
    """
    namespace, metric_name, dimensions = metric
    percentile = statistic.startswith("p")
    properties = {
        "AlarmName": name,
        "AlarmDescription": description,
        "Namespace": namespace,
        "MetricName": metric_name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "ExtendedStatistic" if percentile else "Statistic": statistic,
        "Period": 300,
        "EvaluationPeriods": periods,
        "Threshold": above,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [{"Ref": "AlarmTopic"}],
        "OKActions": [{"Ref": "AlarmTopic"}],
    }
    if percentile:
        properties["EvaluateLowSampleCountPercentile"] = "ignore"
    return {data_stack.logical("Alarm", name): {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}
