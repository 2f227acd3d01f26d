"""Queue consumers and schedules of analytics."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from chalice.app import Blueprint

from chalicelib.analytics.schemas.days import DayDue, SiteDue
from chalicelib.analytics.schemas.experiments import ExperimentDue
from chalicelib.analytics.schemas.messages import EventsCollected
from chalicelib.analytics.schemas.reports import ReportRequested
from chalicelib.analytics.service import (
    billing_changes,
    computation,
    day_end,
    due_days,
    experiment_results,
    ingest,
    report_runs,
    revenue_days,
)
from chalicelib.billing.schemas.messages import PaymentChanged, RecurringRevenueChanged
from chalicelib.kit.jobs import ScheduledRun, consumes, consumes_many, scheduled
from chalicelib.kit.queue_records import ReceivedMessage

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-ingest_events", batch_size=10_000, name="analytics-ingest_events")
@consumes_many(EventsCollected, layer="duckdb", batching_window=60, maximum_concurrency=2)
def ingest_events(batch: Sequence[ReceivedMessage[EventsCollected]]) -> list[ReceivedMessage[EventsCollected]]:
    """Store collected events in the lake and make their days due."""
    return ingest.ingest_events(batch)


@bp.schedule("rate(5 minutes)", name="analytics-roll_up_days")
@scheduled("analytics-roll_up_days", lease_seconds=300)
def roll_up_days(run: ScheduledRun) -> None:
    """Send due days to their computation, and measure the oldest part. The steps are independent."""
    with ExitStack() as steps:  # runs in reverse order
        steps.callback(due_days.measure_oldest_part, run.due)
        steps.callback(due_days.send_due_days, run.due)


@bp.on_sqs_message(queue="analytics-compute_day", batch_size=1, name="analytics-compute_day")
@consumes(DayDue, SiteDue, layer="duckdb", maximum_concurrency=10)
def compute_day(message: DayDue | SiteDue) -> None:
    """Compute a tenant's day, or what depends on several of its days."""
    if isinstance(message, SiteDue):
        day_end.close_site(message.tenant)
    else:
        computation.compute_day(message.tenant, message.day)
        day_end.schedule_closing(message.tenant)


@bp.on_sqs_message(queue="analytics-record_billing_change", batch_size=10, name="analytics-record_billing_change")
@consumes(RecurringRevenueChanged, PaymentChanged, maximum_concurrency=2)
def record_billing_change(message: RecurringRevenueChanged | PaymentChanged) -> None:
    """Store the MRR of a subscription, or send a payment's events."""
    billing_changes.record_billing_change(message)


@bp.schedule("rate(1 hour)", name="analytics-close_days")
@scheduled("analytics-close_days", lease_seconds=900)
def close_days(run: ScheduledRun) -> None:
    """Compute or send what is due by the hour: revenue of owners with a change, sites after their midnight, experiments.

    The steps are independent.
    """
    with ExitStack() as steps:  # runs in reverse order
        steps.callback(revenue_days.measure_revenue, run.due)
        steps.callback(revenue_days.compute_due_owners, run.due, run.last_completed)
        steps.callback(day_end.send_due_sites, run.due, run.last_completed)
        steps.callback(experiment_results.send_due_experiments, run.due)


@bp.on_sqs_message(queue="analytics-run_report", batch_size=1, name="analytics-run_report")
@consumes(ReportRequested, layer="duckdb", maximum_concurrency=5)
def run_report(message: ReportRequested) -> None:
    """Run a report, or look at its query in Athena."""
    report_runs.run_report(message.tenant, message.report_id)


@bp.on_sqs_message(queue="analytics-compute_experiment", batch_size=1, name="analytics-compute_experiment")
@consumes(ExperimentDue, layer="duckdb", maximum_concurrency=2)
def compute_experiment(message: ExperimentDue) -> None:
    """Compute the results of an experiment."""
    experiment_results.compute_experiment(message.test_id)
