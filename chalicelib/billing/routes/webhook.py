"""`/webhooks/stripe`: Stripe's events."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import WebhookAnswer
from chalicelib.billing.service import webhooks
from chalicelib.billing.service.webhooks import Sender
from chalicelib.kit.http import MAX_WEBHOOK_BODY, Call, endpoint, refuse_other_methods

bp = Blueprint(__name__)


@bp.route("/webhooks/stripe", methods=["POST"])
@endpoint(bp, auth=webhooks.stripe_sender, returns=WebhookAnswer, max_body=MAX_WEBHOOK_BODY)
def receive_event(call: Call[Sender]) -> WebhookAnswer:
    """An event of Stripe's; answered as soon as it is on record."""
    webhooks.accept(call.credentials.raw_body)
    return WebhookAnswer()


refuse_other_methods(bp, "/webhooks/stripe", "POST")
