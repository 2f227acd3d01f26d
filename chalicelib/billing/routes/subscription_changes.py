"""`/v1/billing/subscription/…` and `/v1/billing/portal`: what owners change of what they subscribed to."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import key, owner
from chalicelib.billing.schemas.checkout import SubscriptionRead
from chalicelib.billing.schemas.subscription_changes import (
    CancelCreate,
    ChangeCreate,
    ChangePreviewCreate,
    ChangePreviewRead,
    PortalCreate,
    PortalRead,
)
from chalicelib.billing.service import subscription_changes
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/billing/subscription/preview", methods=["POST"])
@endpoint(bp, auth=owner, body=ChangePreviewCreate, returns=ChangePreviewRead)
def preview_change(call: ApiRequest[Account, ChangePreviewCreate]) -> ChangePreviewRead:
    """What changing to another plan would cost now. Nothing happens."""
    preview = subscription_changes.preview_change(*key(call.principal), call.body.plan, call.body.billing_cycle)
    return ChangePreviewRead.of(preview)


@bp.route("/v1/billing/subscription/change", methods=["POST"])
@endpoint(bp, auth=owner, body=ChangeCreate, returns=SubscriptionRead, idempotent="claimed")
def change_plan(call: ApiRequest[Account, ChangeCreate]) -> SubscriptionRead:
    """Change to another plan. An upgrade is billed at once, a downgrade credited on the next invoice."""
    asked = call.body
    row = subscription_changes.change_plan(
        *key(call.principal), asked.plan, asked.billing_cycle, asked.proration_date, _request_key(call)
    )
    return SubscriptionRead.of(row)


@bp.route("/v1/billing/subscription/cancel", methods=["POST"])
@endpoint(bp, auth=owner, body=CancelCreate, returns=SubscriptionRead, idempotent="claimed")
def cancel_subscription(call: ApiRequest[Account, CancelCreate]) -> SubscriptionRead:
    """End the subscription with the period that is paid for, or now."""
    row = subscription_changes.cancel_subscription(
        *key(call.principal), at_period_end=call.body.at_period_end, request_key=_request_key(call)
    )
    return SubscriptionRead.of(row)


@bp.route("/v1/billing/subscription/resume", methods=["POST"])
@endpoint(bp, auth=owner, returns=SubscriptionRead, idempotent="claimed")
def resume_subscription(call: ApiRequest[Account]) -> SubscriptionRead:
    """Let a subscription go on that was to end with its period."""
    return SubscriptionRead.of(subscription_changes.resume_subscription(*key(call.principal), _request_key(call)))


@bp.route("/v1/billing/portal", methods=["POST"])
@endpoint(bp, auth=owner, body=PortalCreate, returns=PortalRead, status=201, idempotent="claimed")
def open_portal(call: ApiRequest[Account, PortalCreate]) -> PortalRead:
    """Stripe's portal, where the caller sees invoices and changes the means of payment."""
    return PortalRead.of(
        subscription_changes.open_portal(*key(call.principal), call.body.return_url, _request_key(call))
    )


def _request_key(call: ApiRequest[Account, Any]) -> str | None:
    return call.idempotency.key if call.idempotency else None
