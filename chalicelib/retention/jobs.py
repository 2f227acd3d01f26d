"""What retention does: the daily sweep with its workers, and what Shopify asks for the sake of privacy."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import Run, consumes, scheduled
from chalicelib.retention import service
from chalicelib.retention.schemas import SweepRequested
from chalicelib.shops.schemas.messages import PrivacyRequested

bp = Blueprint(__name__)


@bp.schedule("rate(1 day)", name="retention-sweep")
@scheduled("retention-sweep", lease_seconds=60)
def sweep(run: Run) -> None:
    """Once a day: look through every table that has a rule."""
    service.sweep(run.due)


@bp.on_sqs_message(queue="retention-archive", batch_size=1, name="retention-archive")
@consumes(SweepRequested)
def archive(message: SweepRequested) -> None:
    """Archive and delete the expired rows of a segment."""
    service.work(message)


@bp.on_sqs_message(queue="retention-accept", batch_size=10, name="retention-accept")
@consumes(PrivacyRequested)
def accept(message: PrivacyRequested) -> None:
    """Put a request to be erased, or to see what we hold, on record."""
    service.accept(message)
