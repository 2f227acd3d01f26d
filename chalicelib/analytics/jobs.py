"""Queue consumers and schedules of analytics. None reports its errors: the report would be an event that may fail, too."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from chalice.app import Blueprint

from chalicelib.analytics.schemas.days import DayDue, RevenueDue, SiteDayEnded
from chalicelib.analytics.schemas.experiments import ExperimentDue
from chalicelib.analytics.schemas.messages import EventsCollected
from chalicelib.analytics.schemas.reports import ReportRequested
from chalicelib.analytics.service import (
    billing_changes,
    campaigns,
    computation,
    day_ends,
    due_days,
    error_logs,
    experiment_results,
    ingest,
    report_runs,
    revenue_days,
)
from chalicelib.billing.schemas.messages import PaymentChanged, RecurringRevenueChanged
from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.error_reports import ErrorRaised
from chalicelib.kit.jobs import ScheduledRun, consumes, consumes_many, scheduled
from chalicelib.kit.queue_records import ReceivedMessage

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-ingest_events", batch_size=10_000, name="analytics-ingest_events")
@consumes_many(EventsCollected, layer="duckdb", batching_window=60, maximum_concurrency=2, reports_errors=False)
def ingest_events(batch: Sequence[ReceivedMessage[EventsCollected]]) -> list[ReceivedMessage[EventsCollected]]:
    """Store collected events in the lake and make their days due."""
    return ingest.ingest_events(batch)


@bp.schedule("rate(5 minutes)", name="analytics-roll_up_days")
@scheduled("analytics-roll_up_days", lease_seconds=300, reports_errors=False)
def roll_up_days(run: ScheduledRun) -> None:
    """Send due days to their computation, and measure the oldest part. The steps are independent."""
    with ExitStack() as steps:  # runs in reverse order
        steps.callback(due_days.measure_oldest_part, run.due)
        steps.callback(due_days.send_due_days, run.due)


@bp.on_sqs_message(queue="analytics-compute_day", batch_size=1, name="analytics-compute_day")
@consumes(DayDue, layer="duckdb", maximum_concurrency=10, reports_errors=False)
def compute_day(message: DayDue) -> None:
    """Compute a tenant's day."""
    computation.compute_day(message.tenant, message.day)


@bp.on_sqs_message(queue="analytics-record_error", batch_size=10, name="analytics-record_error")
@consumes(ErrorRaised, maximum_concurrency=2, reports_errors=False)
def record_error(message: ErrorRaised) -> None:
    """Send an error of our own code to the ingest as an event."""
    error_logs.record_error(message)


@bp.on_sqs_message(queue="analytics-record_email_event", batch_size=10, name="analytics-record_email_event")
@consumes(EmailReported, maximum_concurrency=2, reports_errors=False)
def record_email_event(message: EmailReported) -> None:
    """Send an event of a campaign's e-mail to the ingest."""
    campaigns.record_email_event(message)


@bp.schedule("rate(1 hour)", name="analytics-close_days")
@scheduled("analytics-close_days", lease_seconds=900, reports_errors=False)
def close_days(run: ScheduledRun) -> None:
    """Run each of the hourly steps of `service/day_ends.py`."""
    day_ends.run_hourly_steps(run.due, run.last_completed)


@bp.on_sqs_message(queue="analytics-close_site_day", batch_size=1, name="analytics-close_site_day")
@consumes(SiteDayEnded, layer="duckdb", maximum_concurrency=2, reports_errors=False)
def close_site_day(message: SiteDayEnded) -> None:
    """Compute what depends on a site's ended day and on the days before."""
    day_ends.close_site_day(message.tenant, message.day)


@bp.on_sqs_message(queue="analytics-compute_revenue", batch_size=100, name="analytics-compute_revenue")
@consumes_many(RevenueDue, batching_window=10, maximum_concurrency=2, reports_errors=False)
def compute_revenue(batch: Sequence[ReceivedMessage[RevenueDue]]) -> list[ReceivedMessage[RevenueDue]]:
    """Compute the owners whose MRR changes, then the days that follow from them."""
    return revenue_days.compute_due_revenue(batch)


@bp.on_sqs_message(queue="analytics-record_billing_change", batch_size=10, name="analytics-record_billing_change")
@consumes(RecurringRevenueChanged, PaymentChanged, maximum_concurrency=2, reports_errors=False)
def record_billing_change(message: RecurringRevenueChanged | PaymentChanged) -> None:
    """Store the MRR of a subscription, or send a payment's events."""
    billing_changes.record_billing_change(message)


@bp.on_sqs_message(queue="analytics-run_report", batch_size=1, name="analytics-run_report")
@consumes(ReportRequested, layer="duckdb", maximum_concurrency=5, reports_errors=False)
def run_report(message: ReportRequested) -> None:
    """Run a report, or look at its query in Athena."""
    report_runs.run_report(message.tenant, message.report_id)


@bp.on_sqs_message(queue="analytics-compute_experiment", batch_size=1, name="analytics-compute_experiment")
@consumes(ExperimentDue, layer="duckdb", maximum_concurrency=2, reports_errors=False)
def compute_experiment(message: ExperimentDue) -> None:
    """Compute the results of an experiment."""
    experiment_results.compute_experiment(message.test_id)
