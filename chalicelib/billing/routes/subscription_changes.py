"""`/v1/billing/subscription/…` and `/v1/billing/portal`: changes that owners make to a subscription."""

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
    """Return the cost of changing to another plan now.

    Nothing is changed.
    """
    preview = subscription_changes.preview_change(*key(call.principal), call.body.plan, call.body.billing_cycle)
    return ChangePreviewRead.of(preview)


@bp.route("/v1/billing/subscription/change", methods=["POST"])
@endpoint(bp, auth=owner, body=ChangeCreate, returns=SubscriptionRead, idempotent="claimed")
def change_plan(call: ApiRequest[Account, ChangeCreate]) -> SubscriptionRead:
    """Change to another plan.

    An upgrade is billed at once. A downgrade is credited on the next invoice.
    """
    return SubscriptionRead.of(subscription_changes.change_plan(*key(call.principal), call.body, _request_key(call)))


@bp.route("/v1/billing/subscription/cancel", methods=["POST"])
@endpoint(bp, auth=owner, body=CancelCreate, returns=SubscriptionRead, idempotent="claimed")
def cancel_subscription(call: ApiRequest[Account, CancelCreate]) -> SubscriptionRead:
    """Cancel the subscription at the end of the paid period, or now."""
    row = subscription_changes.cancel_subscription(
        *key(call.principal), at_period_end=call.body.at_period_end, request_key=_request_key(call)
    )
    return SubscriptionRead.of(row)


@bp.route("/v1/billing/subscription/resume", methods=["POST"])
@endpoint(bp, auth=owner, returns=SubscriptionRead, idempotent="claimed")
def resume_subscription(call: ApiRequest[Account]) -> SubscriptionRead:
    """Resume a subscription that is set to end with its period."""
    return SubscriptionRead.of(subscription_changes.resume_subscription(*key(call.principal), _request_key(call)))


@bp.route("/v1/billing/portal", methods=["POST"])
@endpoint(bp, auth=owner, body=PortalCreate, returns=PortalRead, status=201, idempotent="claimed")
def open_portal(call: ApiRequest[Account, PortalCreate]) -> PortalRead:
    """Create a session of the Stripe customer portal.

    The caller sees invoices there and changes the payment method.
    """
    url = subscription_changes.open_portal(*key(call.principal), call.body.return_url, _request_key(call))
    return PortalRead(url=url)


def _request_key(call: ApiRequest[Account, Any]) -> str | None:
    return call.idempotency.key if call.idempotency else None
