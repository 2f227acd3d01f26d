"""The shops' own work: registering webhooks, applying those that concern an installation, catching up after downtime."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import Run, consumes, scheduled
from chalicelib.shops.schemas.messages import (
    DeliveryReceived,
    RegistrationRequested,
    ReimportRequested,
    TokenCheckRequested,
)
from chalicelib.shops.service import applying, registering, reimporting, token_check
from chalicelib.shops.service.throttling import when_affordable

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="shops-register", batch_size=5, name="shops-register")
@consumes(RegistrationRequested)
def register(message: RegistrationRequested) -> None:
    """Compare a shop's webhook subscriptions with the app's and mend them; note the shop's details."""
    when_affordable(registering.register, message)


@bp.on_sqs_message(queue="shops-reimport", batch_size=1, name="shops-reimport")
@consumes(ReimportRequested)
def reimport(message: ReimportRequested) -> None:
    """Fetch a page of what happened in a shop while its webhooks did not reach us."""
    when_affordable(reimporting.reimport, message)


@bp.on_sqs_message(queue="shops-check_token", batch_size=5, name="shops-check_token")
@consumes(TokenCheckRequested)
def check_token(message: TokenCheckRequested) -> None:
    """Try the access token of a shop whose merchant is at work; exchange it where Shopify refuses it."""
    token_check.check_token(message)


@bp.on_sqs_message(queue="shops-apply", batch_size=10, name="shops-apply")
@consumes(DeliveryReceived)
def apply(message: DeliveryReceived) -> None:
    """Apply a recorded delivery to the installation it is about."""
    applying.apply(message)


@bp.schedule("rate(6 hours)", name="shops-reconcile")
@scheduled("shops-reconcile", lease_seconds=300)
def reconcile(run: Run) -> None:
    """Have every installation compared with what Shopify has of it."""
    registering.reconcile(run)
