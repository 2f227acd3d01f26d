"""The consumer that keeps the stores' plans as billing reports them."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.kit.jobs import consumes
from chalicelib.platform.service import subscriptions

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-apply_subscription", batch_size=5, name="platform-apply_subscription")
@consumes(SubscriptionChanged, maximum_concurrency=2)
def apply_subscription(message: SubscriptionChanged) -> None:
    """Set a store's plan and limits from the state of its subscription."""
    subscriptions.apply_message(message)
