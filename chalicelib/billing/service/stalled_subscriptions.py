"""Stalled subscriptions: they give no access until their owner pays or changes the plan in the customer portal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.billing.domain.access import needs_portal
from chalicelib.billing.models import Customer
from chalicelib.billing.repository import subscriptions
from chalicelib.billing.service import subscription_changes
from chalicelib.kit import clock, ids

PORTAL_LASTS = timedelta(minutes=5)
"""How long the URL of a portal session is valid (docs.stripe.com/api/customer_portal/sessions)."""


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A session of the customer portal that a checkout returns; `id` is our id of the subscription."""

    id: str
    url: str
    expires_at: datetime
    is_portal: bool = True


def open_portal(customer: Customer, return_url: str, request_key: str | None) -> PortalSession | None:
    """Open the customer portal if the owner has a stalled subscription; return None if not."""
    now = clock.now()
    rows = subscriptions.list_by_owner(customer.owner_type, customer.owner_id)
    row = next((row for row in rows if row.stripe_subscription_id and needs_portal(row, now)), None)
    if row is None:
        return None
    key = f"checkout-{request_key or ids.new()}"
    url = subscription_changes.open_portal(customer.owner_type, customer.owner_id, return_url, key)
    return PortalSession(row.id, url, now + PORTAL_LASTS)
