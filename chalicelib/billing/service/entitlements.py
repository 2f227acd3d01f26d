"""Entitlements: what a member or store may use by their subscriptions.

Apart from `subscriptions`, so that reading one imports nothing of the sync with Stripe (ADR 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing.catalogue import plans
from chalicelib.billing.domain.access import access_until, current_subscription, has_access, limits_of
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import Subscription
from chalicelib.billing.repository import subscriptions
from chalicelib.kit import clock


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What an owner may use. `plan_name` is None for a member without access; a store without is on the free plan."""

    has_access: bool
    plan_name: str | None
    access_until: datetime | None
    limits: Mapping[str, int]
    subscription: Subscription | None


def entitlement(owner_type: OwnerType, owner_id: str) -> Entitlement:
    """Return whether an owner has access, by which plan, until when and within which limits; one read."""
    return _entitled(owner_type, subscriptions.list_by_owner(owner_type, owner_id))


def entitlement_with(owner_type: OwnerType, owner_id: str, just_written: Subscription) -> Entitlement:
    """Return the entitlement right after a subscription was written, which the index may not show yet."""
    others = [row for row in subscriptions.list_by_owner(owner_type, owner_id) if row.id != just_written.id]
    return _entitled(owner_type, [*others, just_written])


def _entitled(owner_type: OwnerType, rows: list[Subscription]) -> Entitlement:
    now = clock.now()
    row = current_subscription(rows, now)
    if row is not None and has_access(row, now):
        return Entitlement(True, row.plan_name, access_until(row), limits_of(row), row)
    if owner_type is OwnerType.STORE:
        return Entitlement(True, plans.FREE, None, plans.PLANS[plans.FREE].limits, row)
    return Entitlement(False, None, None, {}, row)
