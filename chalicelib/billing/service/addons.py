"""Add-ons of members, from the items of their subscriptions and from one-time purchases."""

from __future__ import annotations

from chalicelib.billing.catalogue.plans import ADDONS
from chalicelib.billing.enums import AddonCycle, AddonStatus, OwnerType, SubscriptionStatus
from chalicelib.billing.errors import AddonActive, InvalidAddon
from chalicelib.billing.models import Customer, PaymentTransaction, SubscriptionAddon, UserAddon
from chalicelib.billing.repository import addons, plans
from chalicelib.billing.repository.identity_map import IdentityMap, owner_key
from chalicelib.billing.schemas.messages import AddonsChanged
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription, StripeSubscriptionItem
from chalicelib.kit import clock
from chalicelib.kit.unit_of_work import UnitOfWork

_LIVE = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


def list_for_sale() -> list[SubscriptionAddon]:
    """List the add-ons that members can buy, in catalogue order."""
    return [row for row in plans.list_addons() if row.is_active]


def choose_addon(addon_id: str) -> SubscriptionAddon:
    """Return an add-on that is for sale. Raises InvalidAddon if it does not exist or is not for sale."""
    row = plans.find_addon(addon_id) if addon_id in ADDONS else None
    if row is None or not row.is_active or not row.stripe_price_id:
        raise InvalidAddon(errors=[{"path": "body.addon", "message": "no such add-on"}])
    return row


def check_not_active(user_id: str, addon: SubscriptionAddon) -> None:
    """Check that the member may buy the add-on. Raises AddonActive if it is recurring and already active."""
    held = addons.list_by_user(user_id) if addon.billing_cycle is not AddonCycle.ONE_TIME else []
    if any(row.addon_id == addon.id and row.status is AddonStatus.ACTIVE for row in held):
        raise AddonActive


def list_addons(user_id: str) -> list[UserAddon]:
    """List the member's current and past add-ons, newest first."""
    return sorted(addons.list_by_user(user_id), key=lambda row: row.purchased_at, reverse=True)


def settle_addons(unit: UnitOfWork, rows: IdentityMap, view: StripeSubscription, customer: Customer) -> None:
    """Sync the member's add-ons from the items of one of their subscriptions.

    An add-on whose item was removed from the subscription becomes `canceled`.
    """
    if customer.owner_type is not OwnerType.MEMBER:
        return
    offers = rows.offers
    present = {row.id: row for row in rows.addons_of(owner_key(customer.owner_type, customer.owner_id))}
    items = {addons.addon_id_of(item.id): item for item in view.items if item.price_id in offers.addons}
    if items or any(row.stripe_subscription_id == view.id for row in present.values()):
        publish_addons(unit, customer.owner_id)
    for row_id, item in items.items():
        before = present.get(row_id) or _new(row_id, view, customer)
        row = _settled(before, view, item, offers.addons[item.price_id])
        if row_id not in present or row.attribute_values != present[row_id].attribute_values:
            addons.stage_addon(unit.transaction, row, is_new=row_id not in present)
    for row_id, row in present.items():
        if row.stripe_subscription_id == view.id and row_id not in items and row.status is AddonStatus.ACTIVE:
            row.status, row.expires_at = AddonStatus.CANCELED, clock.now()
            addons.stage_addon(unit.transaction, row, is_new=False)


def sold(unit: UnitOfWork, user_id: str, addon_id: str, payment: PaymentTransaction) -> None:
    """Add a one-time add-on that the member bought. Idempotent."""
    publish_addons(unit, user_id)
    row_id = addons.addon_id_of(str(payment.stripe_payment_intent_id))
    if any(row.id == row_id for row in addons.list_by_user(user_id)):
        return
    row = UserAddon(
        user_id=user_id,
        id=row_id,
        payment_transaction_id=payment.id,
        addon_id=addon_id,
        status=AddonStatus.ACTIVE,
        purchased_at=payment.created_at,
        created_at=clock.now(),
    )
    addons.stage_addon(unit.transaction, row, is_new=True)


def reverse_addon(unit: UnitOfWork, row: UserAddon, payment: PaymentTransaction, is_gone: bool) -> None:
    """Cancel an add-on whose payment was returned in full; restore it if the money was not returned after all.

    A recurring add-on is canceled for the paid period. An add-on whose paid period is over stays unchanged, and one
    that has expired is neither canceled nor restored.
    """
    publish_addons(unit, row.user_id)
    now = clock.now()
    if payment.period_end and payment.period_end <= now:
        return
    has_ended = row.expires_at is not None and row.expires_at <= now
    before, after = (
        (AddonStatus.ACTIVE, AddonStatus.CANCELED) if is_gone else (AddonStatus.CANCELED, AddonStatus.ACTIVE)
    )
    row.refunded_until = payment.period_end if is_gone else None
    if row.status is before and not has_ended:
        row.status = after
    addons.stage_addon(unit.transaction, row, is_new=False)


def publish_addons(unit: UnitOfWork, user_id: str) -> None:
    """Publish that the member's add-ons have changed, even if a retry changes nothing."""
    unit.publish(AddonsChanged(owner_type=OwnerType.MEMBER, owner_id=user_id))


def _new(row_id: str, view: StripeSubscription, customer: Customer) -> UserAddon:
    now = clock.now()
    return UserAddon(user_id=customer.owner_id, id=row_id, purchased_at=view.started_at, created_at=now, updated_at=now)


def _settled(
    before: UserAddon, view: StripeSubscription, item: StripeSubscriptionItem, addon: SubscriptionAddon
) -> UserAddon:
    """Return the row brought to the state of its subscription item."""
    ends = view.ended_at or (item.period_end if view.cancel_at_period_end else None)
    refunded_until = before.refunded_until
    is_refunded = refunded_until is not None and item.period_end is not None and item.period_end <= refunded_until
    return UserAddon(
        user_id=before.user_id,
        id=before.id,
        addon_id=addon.id,
        status=AddonStatus.CANCELED if is_refunded else _status(view),
        stripe_subscription_id=view.id,
        stripe_subscription_item_id=item.id,
        payment_transaction_id=before.payment_transaction_id,
        purchased_at=before.purchased_at,
        expires_at=ends,
        refunded_until=refunded_until,
        created_at=before.created_at,
        updated_at=before.updated_at,
    )


def _status(view: StripeSubscription) -> AddonStatus:
    if view.status in _LIVE:
        return AddonStatus.ACTIVE
    return AddonStatus.CANCELED if view.status is SubscriptionStatus.CANCELED else AddonStatus.EXPIRED
