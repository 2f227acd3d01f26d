"""Consumer that syncs the stores' plans with billing and ends the subscriptions of deleted stores."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.kit.jobs import consumes
from chalicelib.platform.schemas.store_messages import StoreDeletionRequested
from chalicelib.platform.service import subscriptions

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-apply_subscription", batch_size=5, name="platform-apply_subscription")
@consumes(SubscriptionChanged, StoreDeletionRequested)
def apply_subscription(message: SubscriptionChanged | StoreDeletionRequested) -> None:
    """Set a store's plan and limits from the state of its subscription, or end that of a store that is being deleted."""
    if isinstance(message, StoreDeletionRequested):
        subscriptions.end_subscription(message.store_id)
    else:
        subscriptions.apply_message(message)
