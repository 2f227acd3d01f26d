"""`/v1/billing/subscription/…` and `/v1/billing/portal`: what owners change of what they subscribed to."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.billing.routes.callers import key, owner
from chalicelib.billing.schemas.changes import (
    CancelCreate,
    ChangeCreate,
    ChangePreviewCreate,
    ChangePreviewRead,
    PortalCreate,
    PortalRead,
)
from chalicelib.billing.schemas.shop import SubscriptionRead
from chalicelib.billing.service import changing
from chalicelib.kit.auth import Account
from chalicelib.kit.http import Call, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/billing/subscription/preview", methods=["POST"])
@endpoint(bp, auth=owner, body=ChangePreviewCreate, returns=ChangePreviewRead)
def preview_change(call: Call[Account, ChangePreviewCreate]) -> ChangePreviewRead:
    """What changing to another plan would cost now. Nothing happens."""
    preview = changing.preview_change(*key(call.principal), call.body.plan, call.body.billing_cycle)
    return ChangePreviewRead.of(preview)


@bp.route("/v1/billing/subscription/change", methods=["POST"])
@endpoint(bp, auth=owner, body=ChangeCreate, returns=SubscriptionRead, idempotent="claimed")
def change_plan(call: Call[Account, ChangeCreate]) -> SubscriptionRead:
    """Change to another plan. An upgrade is billed at once, a downgrade credited on the next invoice."""
    asked = call.body
    row = changing.change(
        *key(call.principal), asked.plan, asked.billing_cycle, asked.proration_date, _request_key(call)
    )
    return SubscriptionRead.of(row)


@bp.route("/v1/billing/subscription/cancel", methods=["POST"])
@endpoint(bp, auth=owner, body=CancelCreate, returns=SubscriptionRead, idempotent="claimed")
def cancel_subscription(call: Call[Account, CancelCreate]) -> SubscriptionRead:
    """End the subscription with the period that is paid for, or now."""
    row = changing.cancel(*key(call.principal), at_period_end=call.body.at_period_end, request_key=_request_key(call))
    return SubscriptionRead.of(row)


@bp.route("/v1/billing/subscription/resume", methods=["POST"])
@endpoint(bp, auth=owner, returns=SubscriptionRead, idempotent="claimed")
def resume_subscription(call: Call[Account]) -> SubscriptionRead:
    """Let a subscription go on that was to end with its period."""
    return SubscriptionRead.of(changing.resume(*key(call.principal), _request_key(call)))


@bp.route("/v1/billing/portal", methods=["POST"])
@endpoint(bp, auth=owner, body=PortalCreate, returns=PortalRead, status=201, idempotent="claimed")
def open_portal(call: Call[Account, PortalCreate]) -> PortalRead:
    """Stripe's portal, where the caller sees invoices and changes the means of payment."""
    return PortalRead.of(changing.open_portal(*key(call.principal), call.body.return_url, _request_key(call)))


def _request_key(call: Call[Account, Any]) -> str | None:
    return call.idempotency.key if call.idempotency else None
