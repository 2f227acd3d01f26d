"""The shops' own work: registering webhooks, applying those that concern an installation, catching up after downtime."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.shops.schemas.messages import (
    BackfillRequested,
    DeliveryReceived,
    RegistrationRequested,
    TokenCheckRequested,
)
from chalicelib.shops.service import backfill, token_check, webhook_handlers, webhook_registration
from chalicelib.shops.service.throttling import run_or_postpone

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="shops-register_webhooks", batch_size=5, name="shops-register_webhooks")
@consumes(RegistrationRequested)
def register_webhooks(message: RegistrationRequested) -> None:
    """Compare a shop's webhook subscriptions with the app's and mend them; note the shop's details."""
    run_or_postpone(webhook_registration.register_webhooks, message)


@bp.on_sqs_message(queue="shops-backfill_events", batch_size=1, name="shops-backfill_events")
@consumes(BackfillRequested)
def backfill_events(message: BackfillRequested) -> None:
    """Fetch a page of what happened in a shop while its webhooks did not reach us."""
    run_or_postpone(backfill.backfill_events, message)


@bp.on_sqs_message(queue="shops-check_token", batch_size=5, name="shops-check_token")
@consumes(TokenCheckRequested)
def check_token(message: TokenCheckRequested) -> None:
    """Try the access token of a shop whose merchant is at work; exchange it where Shopify refuses it."""
    token_check.check_token(message)


@bp.on_sqs_message(queue="shops-apply_webhook", batch_size=10, name="shops-apply_webhook")
@consumes(DeliveryReceived)
def apply_webhook(message: DeliveryReceived) -> None:
    """Apply a recorded delivery to the installation it is about."""
    webhook_handlers.apply_delivery(message)


@bp.schedule("rate(6 hours)", name="shops-reconcile_installations")
@scheduled("shops-reconcile_installations", lease_seconds=300, formerly="shops-reconcile")
def reconcile_installations(run: ScheduledRun) -> None:
    """Have every installation compared with what Shopify has of it."""
    webhook_registration.reconcile_installations(run)
