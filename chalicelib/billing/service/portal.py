"""The settings of the customer portal: one configuration per audience, which offers only its plans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chalicelib.billing.catalogue.plans import PLANS
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import SubscriptionPlan
from chalicelib.billing.repository import plans
from chalicelib.integrations.stripe import portal
from chalicelib.kit import logs, signing

log = logs.logger("billing")

_AUDIENCE = "backroom_audience"
"""The key in `metadata` that marks our configuration of an audience."""


def sync_portal(synced: Sequence[SubscriptionPlan]) -> None:
    """Create or update the portal configuration of each audience, and store its id for portal sessions. Idempotent."""
    present = portal.list_portal_configurations()
    for audience in OwnerType:
        sold = [plan for plan in synced if plan.audience is audience and plan.stripe_product_id and plan.is_active]
        if sold:
            ours = [each for each in present if (each.get("metadata") or {}).get(_AUDIENCE) == audience]
            plans.set_portal_configuration(_key_plan(audience), _sync(audience, _settings(sold), ours))


def configuration_of(audience: OwnerType) -> str | None:
    """Return the id of the audience's portal configuration; None before the first sync."""
    row = plans.find(_key_plan(audience))
    return row.portal_configuration_id if row else None


def _key_plan(audience: OwnerType) -> str:
    """Return the plan whose row holds the audience's configuration: the first in the catalogue."""
    return next(plan.id for plan in PLANS.values() if plan.audience is audience)


def _sync(audience: OwnerType, settings: dict[str, Any], ours: Sequence[dict[str, Any]]) -> str:
    """Update the audience's active configuration, or create one; return its id.

    The idempotency key includes the id of the newest earlier configuration, because Stripe replays a stored response for
    24 hours.
    """
    active = next((each for each in ours if each["active"]), None)
    if active is not None:
        portal.update_portal_configuration(active["id"], settings)
        return str(active["id"])
    digest = signing.digest(json.dumps(settings, sort_keys=True).encode())
    after = ours[0]["id"] if ours else "none"
    created = portal.create_portal_configuration(
        {**settings, "metadata": {_AUDIENCE: audience.value}}, f"portal-{audience}-{digest[:32]}-after-{after}"
    )
    log.info("portal configuration created at Stripe", extra={"audience": audience.value, "configuration": created})
    return created


def _settings(sold: Sequence[SubscriptionPlan]) -> dict[str, Any]:
    """Return the settings of a portal that offers these plans at their current prices.

    A change of the plan is billed at once, a cancellation applies at the end of the period. The portal does not change
    the name and the e-mail, because the app owns them.
    """
    products = [
        {"product": plan.stripe_product_id, "prices": [prices[0] for prices in plan.stripe_prices.values() if prices]}
        for plan in sold
    ]
    return {
        "features": {
            "customer_update": {"enabled": False},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "proration_behavior": "always_invoice",
                "products": products,
            },
        }
    }
