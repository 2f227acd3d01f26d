"""CloudWatch alarms: what must not go unseen. Thresholds are those of the product's definitions.

Rates are averages: Lambda and API Gateway report 0 or 1 for each call (AWS, "Lambda function metrics", "REST API
metrics"), so the mean of `Errors` or `5XXError` is the share that failed.
"""

from __future__ import annotations

from typing import Any

from chalicelib.billing.service.invariants import INVARIANTS
from chalicelib.kit import config
from infra import data_stack, handlers
from infra.handlers import Consumer
from infra.packaging.names import API, API_STAGE, function_name, functions

Resources = dict[str, dict[str, Any]]

ERROR_RATE = 0.01
P95_MILLISECONDS = 500
OLDEST_SECONDS = 900
"""A queue's oldest message; where one retry takes longer, that."""
PRINT_SECONDS = 1800
"""The oldest paid print that is not made."""

INVARIANT = "Billing's books do not add up: its log names what, under `an invariant is broken`."
RULE_OVERDUE = "A retention rule has not completed for two days: see the log of retention-sweep_segment."
STEPS_FAILED = "Steps of this schedule fail: its log names them, under `a step failed`. Those of others were done."
ROWS_UNREADABLE = "A schedule skips rows that it cannot read: see the runbook. Those of others were done."
REQUEST_NEAR = "A privacy request is due within five days and not completed: see the runbook."
PRINT_WAITS = "A paid print waits for more than 30 minutes, or studio-recover_generations, which looks every minute, does not run."

BATCHES = (
    "billing-check_invariants",
    "billing-expire_credits",
    "billing-grant_monthly_credits",
    "billing-release_reservations",
    "billing-send_dunning_notices",
    "studio-roll_over_quotas",
)
"""Schedules whose steps are independent (`kit/batches.py`)."""

EMAIL_GIVEN = "AlarmEmailGiven"


def resources() -> Resources:
    """Every alarm, and the topic that they tell."""
    found = _topic()
    for name in functions():
        found |= _function(name)
    for consumer in handlers.consumers():
        found |= _queue(consumer)
    for kind in INVARIANTS:
        found |= _ours(f"billing-{kind}", "InvariantsBroken", INVARIANT, {"invariant": kind})
    for schedule in BATCHES:
        found |= _ours(f"{schedule}-steps", "StepsFailed", STEPS_FAILED, {"schedule": schedule})
    found |= _ours("rows-unreadable", "RowsUnreadable", ROWS_UNREADABLE)
    found |= _ours("retention-rules-overdue", "RulesOverdue", RULE_OVERDUE)
    found |= _ours("retention-requests-near-due", "PrivacyRequestsNearDue", REQUEST_NEAR)
    return found | _prints() | _api()


def _topic() -> Resources:
    """Not encrypted: CloudWatch cannot publish under AWS's own SNS key, and an alarm holds nothing personal."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{config.settings().namespace}-alarms"}}
    subscription = {
        "Type": "AWS::SNS::Subscription",
        "Condition": EMAIL_GIVEN,
        "Properties": {
            "TopicArn": {"Ref": "AlarmTopic"},
            "Protocol": "email",
            "Endpoint": {"Ref": "AlarmEmail"},
        },
    }
    return {"AlarmTopic": topic, "AlarmSubscription": subscription}


def _function(name: str) -> Resources:
    subject, dimensions = function_name(name), {"FunctionName": function_name(name)}
    return _alarm(
        f"{subject}-errors",
        f"More than 1 % of the calls of {subject} fail: see its log.",
        metric=("AWS/Lambda", "Errors", dimensions),
        statistic="Average",
        above=ERROR_RATE,
        periods=2,
    ) | _alarm(
        f"{subject}-throttles",
        f"{subject} is refused for want of concurrency: raise the account's limit.",
        metric=("AWS/Lambda", "Throttles", dimensions),
        statistic="Sum",
        above=0,
    )


def _queue(consumer: Consumer) -> Resources:
    queue = data_stack.physical(consumer.queue)
    dead = f"{queue}-dead"
    return _alarm(
        f"{queue}-age",
        f"{function_name(consumer.name)} does not keep up with its queue, or fails.",
        metric=("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue}),
        statistic="Maximum",
        above=max(OLDEST_SECONDS, 2 * data_stack.VISIBILITY_FACTOR * consumer.timeout),
    ) | _alarm(
        f"{queue}-dead-letters",
        f"Messages wait in {dead}: look into them, mend the cause, send them back.",
        metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": dead}),
        statistic="Maximum",
        above=0,
    )


def _api() -> Resources:
    subject = function_name(API)
    dimensions = {"ApiName": config.settings().namespace, "Stage": API_STAGE}
    return _alarm(
        f"{subject}-5xx",
        "More than 1 % of the requests are answered with 5xx.",
        metric=("AWS/ApiGateway", "5XXError", dimensions),
        statistic="Average",
        above=ERROR_RATE,
        periods=2,
    ) | _alarm(
        f"{subject}-p95",
        "One request in twenty takes longer than 500 ms.",
        metric=("AWS/ApiGateway", "Latency", dimensions),
        statistic="p95",
        above=P95_MILLISECONDS,
        periods=3,
    )


def _prints() -> Resources:
    """The metric is written every minute: silence is an alarm as well."""
    settings = config.settings()
    [(name, alarm)] = _alarm(
        f"{settings.namespace}-studio-oldest-open-print",
        PRINT_WAITS,
        metric=("Backroom", "OldestOpenPrint", {"stage": settings.stage}),
        statistic="Maximum",
        above=PRINT_SECONDS,
    ).items()
    alarm["Properties"]["TreatMissingData"] = "breaching"
    return {name: alarm}


def _ours(name: str, metric: str, description: str, dimensions: dict[str, str] | None = None) -> Resources:
    """An alarm on one of our own metrics, which counts what is wrong."""
    settings = config.settings()
    ours = ("Backroom", metric, {"stage": settings.stage, **(dimensions or {})})
    return _alarm(f"{settings.namespace}-{name}", description, metric=ours, statistic="Maximum", above=0)


def _alarm(
    name: str,
    description: str,
    *,
    metric: tuple[str, str, dict[str, str]],
    statistic: str,
    above: float,
    periods: int = 1,
) -> Resources:
    """An alarm that goes off when the metric is above a threshold for so many periods of five minutes."""
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
    return {data_stack.logical("Alarm", name): {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}
