"""The revenue of owners and days."""

from __future__ import annotations

from collections.abc import Sequence

from chalice.app import Blueprint

from chalicelib.analytics.schemas.days import RevenueDue
from chalicelib.analytics.service import revenue_days
from chalicelib.kit.jobs import consumes_many
from chalicelib.kit.queue_records import ReceivedMessage

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-compute_revenue", batch_size=100, name="analytics-compute_revenue")
@consumes_many(RevenueDue, batching_window=10, reports_errors=False)
def compute_revenue(batch: Sequence[ReceivedMessage[RevenueDue]]) -> list[ReceivedMessage[RevenueDue]]:
    """Compute the owners whose MRR changes, then the days that follow from them."""
    return revenue_days.compute_due_revenue(batch)
