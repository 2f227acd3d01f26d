"""The consumer that keeps the members' entitlements as billing reports them."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import AddonsChanged, SubscriptionChanged
from chalicelib.kit.jobs import consumes
from chalicelib.together.service import entitlements

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-apply_entitlements", batch_size=5, name="together-apply_entitlements")
@consumes(SubscriptionChanged, AddonsChanged)
def apply_entitlements(message: SubscriptionChanged | AddonsChanged) -> None:
    """Apply a member's subscription or add-ons to their row and to the premium of their relationship."""
    entitlements.apply_message(message)
