"""Entitlements of the members, kept as billing reports them, so that a request reads nothing of billing."""

from __future__ import annotations

from typing import Any

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.schemas.messages import AddonsChanged, SubscriptionChanged
from chalicelib.kit import clock, logs
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.entitlements import (
    PremiumFields,
    SubscriptionState,
    best_access,
    merge_addons,
    merge_subscription,
    premium_until,
)
from chalicelib.together.models import User
from chalicelib.together.repository import entitlements, relationships, users

log = logs.logger("together")


def apply_message(message: SubscriptionChanged | AddonsChanged) -> None:
    """Apply a message of billing about a member. Messages may be repeated, late and in any order.

    The member's row and the premium of their relationship change in one transaction.
    """
    if message.owner_type is not OwnerType.MEMBER:
        return

    def decide(unit: UnitOfWork) -> None:
        user = users.find_user(message.owner_id)
        if user is None:
            log.info("entitlement ignored: the member does not exist")
        elif isinstance(message, SubscriptionChanged):
            _apply_subscription(unit, user, message)
        else:
            _apply_addons(unit, user)

    run_unit_of_work(decide)


def _apply_subscription(unit: UnitOfWork, user: User, message: SubscriptionChanged) -> None:
    state = SubscriptionState(message.subscription_id, message.version, message.plan_name, message.access_until)
    stored = user.subscriptions or {}
    merged = merge_subscription(stored, state, clock.now())
    if merged is not stored:
        plan, until = best_access(merged)
        columns = {"subscriptions": merged, "plan_name": plan, "access_until": until}
        _stage(unit, user, columns, PremiumFields(until, user.addons))


def _apply_addons(unit: UnitOfWork, user: User) -> None:
    """Apply the add-ons that billing has now. They are read after the member's row, which must not change until the commit."""
    held = ((addon.addon_id, addon.until) for addon in billing.addons_of(user.id))
    addons = merge_addons(held, clock.now()) or None
    if addons != user.addons:
        _stage(unit, user, {"addons": addons}, PremiumFields(user.access_until, addons))


def _stage(unit: UnitOfWork, user: User, columns: dict[str, Any], access: PremiumFields) -> None:
    """Stage the columns of the member's row, and the premium that their relationship has with them."""
    entitlements.stage_user(unit.transaction, user, columns)
    if user.relationship_id is None:
        return
    relationship = relationships.get_relationship(user.relationship_id)
    partner = users.find_user(user.partner_id) if user.partner_id else None
    if partner is not None:
        entitlements.require_unchanged(unit.transaction, partner)
    until = premium_until([access, partner])
    if until != relationship.premium_until:
        entitlements.stage_premium(unit.transaction, relationship, until)
