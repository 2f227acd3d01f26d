"""Our own metrics: written by a declaration only, with an alarm that can trigger or a reason, and in the runbook."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit import metrics
from chalicelib.kit.metrics import Alarm, Metric, NoAlarm
from infra.deploy import handlers
from infra.deploy.packaging import alarms, own_metrics

ROOT = Path(__file__).resolve().parents[4]
DECLARED = own_metrics.declared()
OF_POWERTOOLS = {"Metrics", "EphemeralMetrics", "single_metric", "MetricUnit", "add_metric"}
KINDS = {kind.__name__ for kind in (Metric, metrics.Counter, metrics.Duration)}


def own_alarms() -> list[dict[str, Any]]:
    properties = [each["Properties"] for each in alarms.resources().values()]
    return [each for each in properties if each.get("Namespace") == metrics.NAMESPACE]


def undeclared(source: str) -> set[str]:
    """The names in the source by which a metric would be written or declared outside a declaration module."""
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    imports = {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and "metrics" in (node.module or "")
        for alias in node.names
    }
    words = (names | attributes | imports) & (OF_POWERTOOLS | {"write"} & imports | KINDS & imports)
    return words | ({"_aws"} if '"_aws"' in source else set())


def other_sources() -> Iterator[Path]:
    for path in (ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))):
        if path.name != "metrics.py":
            yield path


def test_a_metric_is_written_by_its_declaration_only() -> None:
    assert {path: undeclared(path.read_text()) for path in other_sources() if undeclared(path.read_text())} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from aws_lambda_powertools.metrics import single_metric",
        "from aws_lambda_powertools import Metrics\nMetrics().add_metric(name='A', unit='Count', value=1)",
        "from chalicelib.kit.metrics import Counter, NoAlarm\nCounter('A', NoAlarm('none')).count()",
        "from chalicelib.kit.metrics import write",
        'print({"_aws": {}})',
    ],
)
def test_one_that_is_not_declared_is_found(source: str) -> None:
    assert undeclared(source)


def test_each_metric_is_declared_once_and_written() -> None:
    names = Counter(metric.name for metric in DECLARED)
    assert [name for name, times in names.items() if times > 1] == []
    text = "".join(path.read_text() for path in other_sources())
    constants = [
        (name, value)
        for path in (ROOT / "chalicelib").glob("*/metrics.py")
        for name, value in re.findall(r'^([A-Z_]+) = (?:Counter|Duration)\(\s*"(\w+)"', path.read_text(), re.MULTILINE)
    ]
    assert sorted(value for _, value in constants) == sorted(names)
    assert [name for name, _ in constants if not re.search(rf"\b{name}\.(count|record)\(", text)] == []


def test_each_declared_alarm_watches_the_dimensions_that_are_written() -> None:
    dimensions = {metric.name: {"stage", *metric.dimensions} for metric in DECLARED}
    with_alarm = {metric.name for metric in DECLARED if isinstance(metric.alarm, Alarm)}
    assert {alarm["MetricName"] for alarm in own_alarms()} == with_alarm
    for alarm in own_alarms():
        assert {each["Name"] for each in alarm["Dimensions"]} == dimensions[alarm["MetricName"]]


def test_a_paid_print_that_waits_30_minutes_raises_an_alarm_and_so_does_silence() -> None:
    [alarm] = [alarm for alarm in own_alarms() if alarm["MetricName"] == "OldestOpenPrint"]
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("Backroom", "Maximum", 30 * 60)
    assert [each["Name"] for each in alarm["Dimensions"]] == ["stage"]
    assert (alarm["TreatMissingData"], alarm["Period"]) == ("breaching", 300)


def test_silence_of_a_schedule_raises_an_alarm_after_two_runs() -> None:
    """Only rows, journals, e-mails, stuck jobs, limits, webhooks and plans are not written at every run: they are counted where they occur."""
    periods = {alarm["AlarmName"].split("-", 2)[2]: alarm["Period"] for alarm in own_alarms()}
    assert {alarm["MetricName"] for alarm in own_alarms() if alarm["TreatMissingData"] == "notBreaching"} == {
        "RowsUnreadable",
        "JournalFoundOpen",
        "StoresNearLimit",
        "UsageDiffers",
        "MailsFailed",
        "AccountMailsFailed",
        "JobsStuck",
        "DeliveriesOfOtherVersion",
        "SubscriptionsWithoutPlan",
    }
    assert periods["billing-balance"] == 2 * 600
    assert periods["billing-expire_credits-steps"] == 2 * 3600
    assert periods["retention-rules-overdue"] == 2 * 6 * 3600
    assert periods["studio-roll_over_quotas-steps"] == 2 * 86_400


def test_errors_of_a_schedule_that_runs_rarely_raise_an_alarm_after_one_period() -> None:
    """Its runs are never in two consecutive periods."""
    properties = [each["Properties"] for each in alarms.resources().values()]
    errors = {each["AlarmName"]: each for each in properties if each.get("MetricName") == "Errors"}
    assert {each["Period"] for each in errors.values()} == {300}
    rare = {name.split("-", 2)[2] for name, each in errors.items() if each["EvaluationPeriods"] == 1}
    frequent = {"studio-recover_generations", "analytics-roll_up_days", "together-dispatch_notifications"}
    frequent.add("platform-resume_jobs")
    assert rare == {f"{each.name}-errors" for each in handlers.schedules() if each.name not in frequent}


def test_a_quiet_api_raises_no_alarm_for_one_slow_or_failed_request() -> None:
    properties = [each["Properties"] for each in alarms.resources().values()]
    api = {each["MetricName"]: each for each in properties if each.get("Namespace") == "AWS/ApiGateway"}
    assert (api["5XXError"]["Statistic"], api["5XXError"]["Threshold"] >= 5) == ("Sum", True)
    assert (api["Latency"]["ExtendedStatistic"], api["Latency"]["EvaluateLowSampleCountPercentile"]) == (
        "p95",
        "ignore",
    )


def test_the_readme_has_the_number_and_the_price_of_the_alarms() -> None:
    count = sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in alarms.resources().values())
    text = (ROOT / "README.md").read_text()
    assert f"{len(own_alarms())} for our own metrics: {count}, or {(count - 10) / 10:.2f} |" in text


def test_the_schedules_with_batches_are_those_of_the_code() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "chalicelib").rglob("service/**/*.py"))
    assert own_metrics.batch_schedules() == sorted(set(re.findall(r'Batch\("([\w-]+)"\)', sources)))
    assert set(own_metrics.batch_schedules()) <= {schedule.name for schedule in handlers.schedules()}


def test_the_runbook_lists_the_metrics_with_their_alarm_or_reason() -> None:
    text = (ROOT / "docs/runbook.md").read_text()
    without = dict(re.findall(r"^\| `([A-Z]\w+)` \| ([^|\[]+) \|$", text, re.MULTILINE))
    assert without == {metric.name: metric.alarm.reason for metric in DECLARED if isinstance(metric.alarm, NoAlarm)}
    with_alarm = set(re.findall(r"^\| `[^|]+ \| `(\w+)` \| \[", text, re.MULTILINE))
    assert with_alarm & {metric.name for metric in DECLARED} == {
        metric.name for metric in DECLARED if isinstance(metric.alarm, Alarm)
    }


def test_a_share_is_an_average_over_several_periods() -> None:
    [alarm] = [
        resource["Properties"]
        for resource in alarms.resources().values()
        if str(resource["Properties"].get("AlarmName", "")).endswith("-together-mail-failing")
    ]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("MailsFailed", "Average", 0.05)
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 3)
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("suffix", "threshold", "period"), [("together-notices-late", 900, 600), ("together-erasures-overdue", 0, 7200)]
)
def test_the_alarms_of_together_ring_if_their_schedule_is_silent(suffix: str, threshold: int, period: int) -> None:
    [alarm] = [
        resource["Properties"]
        for resource in alarms.resources().values()
        if str(resource["Properties"].get("AlarmName", "")).endswith(f"-{suffix}")
    ]
    assert (alarm["Threshold"], alarm["Period"], alarm["TreatMissingData"]) == (threshold, period, "breaching")
