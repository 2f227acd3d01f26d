"""Add-ons that other contexts read, and one-time add-ons that they consume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing.domain.payments import is_gone
from chalicelib.billing.enums import AddonStatus
from chalicelib.billing.errors import AddonUsedUp, PaymentNotFound
from chalicelib.billing.models import UserAddon
from chalicelib.billing.repository import addons, payments
from chalicelib.billing.service.addons import publish_addons
from chalicelib.kit import clock
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


@dataclass(frozen=True, slots=True)
class HeldAddon:
    """An add-on that a member can use. `until` None: it has no known end."""

    id: str
    addon_id: str
    until: datetime | None


def addons_of(user_id: str) -> list[HeldAddon]:
    """Return the add-ons that the member can use now, oldest first, read consistently."""
    now = clock.now()
    rows = sorted(addons.list_by_user(user_id), key=_age)
    return [HeldAddon(row.id, row.addon_id, row.expires_at) for row in rows if _is_usable(row, now)]


def consume_addon(user_id: str, addon_id: str, request_key: str) -> str:
    """Consume the member's oldest one-time add-on of this kind that can be used, and return the id of its row.

    A repeated request key consumes nothing and returns the same id. Raises AddonUsedUp if none is left.
    """

    def consume(unit: UnitOfWork) -> str:
        publish_addons(unit, user_id)
        rows = addons.list_by_user(user_id)
        earlier = _consumed_by(rows, request_key)
        if earlier is not None:
            return earlier.id
        now = clock.now()
        unused = (row for row in rows if row.addon_id == addon_id and not row.stripe_subscription_id)
        usable = (row for row in unused if _is_usable(row, now))
        row = min(usable, key=_age, default=None)
        if row is None:
            raise AddonUsedUp
        changed = {"status": AddonStatus.CONSUMED, "consumed_by": request_key}
        addons.stage_addon(unit.transaction, copy_row(row, changed), is_new=False)
        return row.id

    return run_unit_of_work(consume)


def return_addon(user_id: str, request_key: str) -> bool:
    """Make the add-on usable that was consumed with this request key; return False if there is none.

    An add-on whose payment was returned in full is canceled.
    """

    def restore(unit: UnitOfWork) -> bool:
        publish_addons(unit, user_id)
        row = _consumed_by(addons.list_by_user(user_id), request_key)
        if row is None:
            return False
        status = AddonStatus.CANCELED if _is_refunded(row) else AddonStatus.ACTIVE
        addons.stage_addon(unit.transaction, copy_row(row, {"status": status, "consumed_by": None}), is_new=False)
        return True

    return run_unit_of_work(restore)


def _consumed_by(rows: list[UserAddon], request_key: str) -> UserAddon | None:
    return next((row for row in rows if row.consumed_by == request_key), None)


def _is_refunded(row: UserAddon) -> bool:
    """Return whether the add-on's payment was returned in full."""
    if row.payment_transaction_id is None:
        return False
    try:
        return is_gone(payments.get(row.payment_transaction_id))
    except PaymentNotFound:
        return False


def _is_usable(row: UserAddon, now: datetime) -> bool:
    return row.status is AddonStatus.ACTIVE and (row.expires_at is None or row.expires_at > now)


def _age(row: UserAddon) -> tuple[datetime, str]:
    return row.purchased_at, row.id
