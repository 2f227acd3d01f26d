"""Lambdas of the shops: webhook registration, webhook handlers, token checks, backfill, reconciliation."""

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
    """Create missing webhook subscriptions of a shop, delete obsolete ones, and sync the shop's details."""
    run_or_postpone(webhook_registration.register_webhooks, message)


@bp.on_sqs_message(queue="shops-backfill_events", batch_size=1, name="shops-backfill_events")
@consumes(BackfillRequested)
def backfill_events(message: BackfillRequested) -> None:
    """Backfill one page of events that a shop's webhooks did not deliver."""
    run_or_postpone(backfill.backfill_events, message)


@bp.on_sqs_message(queue="shops-check_token", batch_size=5, name="shops-check_token")
@consumes(TokenCheckRequested)
def check_token(message: TokenCheckRequested) -> None:
    """Check a shop's access token; exchange the merchant's session token if Shopify refuses it."""
    token_check.check_token(message)


@bp.on_sqs_message(queue="shops-apply_webhook", batch_size=10, name="shops-apply_webhook")
# maximum_concurrency: its reserved concurrency; more batches would be throttled
@consumes(DeliveryReceived, maximum_concurrency=10)
def apply_webhook(message: DeliveryReceived) -> None:
    """Apply a stored webhook to its installation."""
    webhook_handlers.apply_delivery(message)


@bp.schedule("rate(6 hours)", name="shops-reconcile_installations")
@scheduled("shops-reconcile_installations", lease_seconds=300, formerly="shops-reconcile")
def reconcile_installations(run: ScheduledRun) -> None:
    """Publish a registration request for every active installation."""
    webhook_registration.reconcile_installations(run)
