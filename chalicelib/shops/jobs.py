"""The shops' own work: registering webhooks, and applying those that concern an installation itself."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.shops import service
from chalicelib.shops.schemas.messages import DeliveryReceived, RegistrationRequested

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="shops-register", batch_size=5, name="shops-register")
@consumes(RegistrationRequested)
def register(message: RegistrationRequested) -> None:
    """Subscribe a newly installed shop to the app's webhooks and note its details."""
    service.register(message.shop, message.app)


@bp.on_sqs_message(queue="shops-apply", batch_size=10, name="shops-apply")
@consumes(DeliveryReceived)
def apply(message: DeliveryReceived) -> None:
    """Apply a recorded delivery to the installation it is about."""
    service.apply(message)
