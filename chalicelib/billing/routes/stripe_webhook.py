"""`/webhooks/stripe`: Stripe events."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import WebhookAnswer
from chalicelib.billing.service.sync import intake
from chalicelib.billing.service.sync.intake import Sender
from chalicelib.kit.http import MAX_WEBHOOK_BODY, ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/webhooks/stripe", methods=["POST"])
@endpoint(bp, auth=intake.stripe_sender, returns=WebhookAnswer, max_body=MAX_WEBHOOK_BODY)
def receive_event(call: ApiRequest[Sender]) -> WebhookAnswer:
    """Receive a Stripe event.

    The response is sent as soon as the event is stored.
    """
    intake.receive_event(call.credentials.raw_body)
    return WebhookAnswer()
