"""Consumer of billing's messages for the stores' revenue."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import PaymentChanged, SubscriptionChanged
from chalicelib.kit.jobs import consumes
from chalicelib.platform.service.measures import revenue

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-record_revenue", batch_size=10, name="platform-record_revenue")
@consumes(PaymentChanged, SubscriptionChanged)
def record_revenue(message: PaymentChanged | SubscriptionChanged) -> None:
    """Store the entries of a store's payment, or of its subscription's beginning and end."""
    revenue.record_revenue(message)
