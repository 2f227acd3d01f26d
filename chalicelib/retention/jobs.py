"""Lambda handlers of retention: daily sweep, privacy requests, overdue checks."""

from __future__ import annotations

from functools import partial

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.kit.steps import run_all
from chalicelib.platform.schemas.account_messages import OwnerErasureDue
from chalicelib.platform.schemas.store_messages import StoreDeleted
from chalicelib.retention.schemas import ErasureRequested, ExportRequested, SweepRequested
from chalicelib.retention.service import erasure, export, overdue_checks, privacy_requests, sweep
from chalicelib.shops.schemas.messages import PrivacyRequested
from chalicelib.together.schemas.messages import MemberErasureDue

bp = Blueprint(__name__)


@bp.schedule("rate(1 day)", name="retention-start_sweep")
@scheduled("retention-start_sweep", lease_seconds=60, formerly="retention-sweep")
def start_sweep(run: ScheduledRun) -> None:
    """Start the daily sweep of every table with a retention rule."""
    sweep.start_sweep(run.due)


@bp.on_sqs_message(queue="retention-sweep_segment", batch_size=1, name="retention-sweep_segment")
# maximum_concurrency: one run has a message for each segment of each table
@consumes(SweepRequested, layer="duckdb", maximum_concurrency=10)
def sweep_segment(message: SweepRequested) -> None:
    """Archive or delete the expired rows of one segment."""
    sweep.sweep_segment(message)


@bp.on_sqs_message(queue="retention-accept_privacy_request", batch_size=10, name="retention-accept_privacy_request")
@consumes(PrivacyRequested, MemberErasureDue, OwnerErasureDue, StoreDeleted)
def accept_privacy_request(message: PrivacyRequested | MemberErasureDue | OwnerErasureDue | StoreDeleted) -> None:
    """Store a privacy request of Shopify, or the erasure of a deleted account or store, and dispatch it."""
    if isinstance(message, PrivacyRequested):
        privacy_requests.accept_request(message)
    elif isinstance(message, StoreDeleted):
        privacy_requests.accept_store_erasure(message)
    else:
        privacy_requests.accept_account_erasure(message)


@bp.on_sqs_message(queue="retention-erase_subject", batch_size=1, name="retention-erase_subject")
@consumes(ErasureRequested, layer="duckdb")
def erase_subject(message: ErasureRequested) -> None:
    """Erase a subject, a few pages per message."""
    erasure.erase_subject(message.request)


@bp.on_sqs_message(queue="retention-export_subject", batch_size=1, name="retention-export_subject")
@consumes(ExportRequested, layer="duckdb")
def export_subject(message: ExportRequested) -> None:
    """Export the data of a subject."""
    export.export_subject(message.request)


@bp.schedule("rate(6 hours)", name="retention-check_due_dates")
@scheduled("retention-check_due_dates", lease_seconds=60, formerly="retention-remind")
def check_due_dates(run: ScheduledRun) -> None:
    """Measure overdue rules and requests, and dispatch open requests again. A failed run raises an alarm.

    The steps are independent.
    """
    run_all(
        partial(overdue_checks.check_overdue, run.due),
        partial(privacy_requests.redispatch_open_requests, run.due),
    )
