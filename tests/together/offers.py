"""Add-ons, subscriptions and partners, written as rows, and requests of operators, for the tests of together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2

from chalicelib.billing.enums import AddonStatus
from chalicelib.billing.models import UserAddon
from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.together.models import User

URL = "https://partner.example/book?click={click_id}"


def give_addon(user: User, addon_id: str, until: datetime | None = None, **columns: Any) -> str:
    """Write an active add-on of the member and return its id."""
    now = clock.now()
    row = UserAddon(user.id, ids.time_ordered(), addon_id=addon_id, status=AddonStatus.ACTIVE)
    row.purchased_at = row.created_at = row.updated_at = now
    row.payment_transaction_id = ids.new()
    row.expires_at = until
    for name, value in columns.items():
        setattr(row, name, value)
    row.save()
    return str(row.id)


def subscribe(user: User, plan: str, days: float = 30) -> None:
    """Give the member a subscription of the plan, with access for some days, beside those they have."""
    until = clock.iso(clock.now() + timedelta(days=days))
    subscriptions = {**(user.subscriptions or {}), ids.new(): {"version": 1, "plan": plan, "access_until": until}}
    user.update([User.subscriptions.set(subscriptions)])


def operate(
    api: httpx2.Client, method: str, path: str, body: Any = None, role: Role = Role.OPERATOR
) -> httpx2.Response:
    """Call `/v1/operator/together/<path>` as an operator."""
    headers = {"Authorization": f"Bearer {auth.mint(role, 'op')}"}
    return api.request(method, f"/v1/operator/together/{path}", json=body, headers=headers)


def partner_body(**fields: Any) -> dict[str, Any]:
    """Return the body that creates a partner."""
    body = {"id": "bistro", "name": "Bistro", "kind": "restaurant", "city": "Lyon", "country": "FR", "url": URL}
    return body | fields
