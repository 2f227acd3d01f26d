"""What retention does: the daily sweep with its workers, and what Shopify asks for the sake of privacy."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.retention.schemas import ErasureRequested, ExportRequested, SweepRequested
from chalicelib.retention.service import erasure, export, overdue_checks, privacy_requests, sweep
from chalicelib.shops.schemas.messages import PrivacyRequested

bp = Blueprint(__name__)


@bp.schedule("rate(1 day)", name="retention-start_sweep")
@scheduled("retention-start_sweep", lease_seconds=60, formerly="retention-sweep")
def start_sweep(run: ScheduledRun) -> None:
    """Once a day: look through every table that has a rule."""
    sweep.start_sweep(run.due)


@bp.on_sqs_message(queue="retention-sweep_segment", batch_size=1, name="retention-sweep_segment")
@consumes(SweepRequested)
def sweep_segment(message: SweepRequested) -> None:
    """Archive and delete the expired rows of a segment."""
    sweep.sweep_segment(message)


@bp.on_sqs_message(queue="retention-accept_privacy_request", batch_size=10, name="retention-accept_privacy_request")
@consumes(PrivacyRequested)
def accept_privacy_request(message: PrivacyRequested) -> None:
    """Put a request to be erased, or to see what we hold, on record."""
    privacy_requests.accept(message)


@bp.on_sqs_message(queue="retention-erase_subject", batch_size=1, name="retention-erase_subject")
@consumes(ErasureRequested)
def erase_subject(message: ErasureRequested) -> None:
    """Erase somebody, a part at a time."""
    erasure.erase_subject(message.request)


@bp.on_sqs_message(queue="retention-export_subject", batch_size=1, name="retention-export_subject")
@consumes(ExportRequested)
def export_subject(message: ExportRequested) -> None:
    """Export what is held of somebody."""
    export.export_subject(message.request)


@bp.schedule("rate(6 hours)", name="retention-check_due_dates")
@scheduled("retention-check_due_dates", lease_seconds=60, formerly="retention-remind")
def check_due_dates(run: ScheduledRun) -> None:
    """Alarm where a rule or a request is late, and take up requests whose work was lost: what fails here is alarmed."""
    overdue_checks.watch(run.due)
    privacy_requests.remind(run.due)
