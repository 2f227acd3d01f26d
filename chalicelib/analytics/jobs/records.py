"""Consumers that turn messages into events or rows: errors, reports of e-mails, changes of billing."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.service import billing_changes, campaigns, error_logs
from chalicelib.billing.schemas.messages import PaymentChanged, RecurringRevenueChanged
from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.error_reports import ErrorRaised
from chalicelib.kit.jobs import consumes

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-record_error", batch_size=10, name="analytics-record_error")
@consumes(ErrorRaised, reports_errors=False)
def record_error(message: ErrorRaised) -> None:
    """Send an error of our own code to the ingest as an event."""
    error_logs.record_error(message)


@bp.on_sqs_message(queue="analytics-record_email_event", batch_size=10, name="analytics-record_email_event")
@consumes(EmailReported, reports_errors=False)
def record_email_event(message: EmailReported) -> None:
    """Send an event of a campaign's e-mail to the ingest."""
    campaigns.record_email_event(message)


@bp.on_sqs_message(queue="analytics-record_billing_change", batch_size=10, name="analytics-record_billing_change")
@consumes(RecurringRevenueChanged, PaymentChanged, reports_errors=False)
def record_billing_change(message: RecurringRevenueChanged | PaymentChanged) -> None:
    """Store the MRR of a subscription, or send a payment's events."""
    billing_changes.record_billing_change(message)
