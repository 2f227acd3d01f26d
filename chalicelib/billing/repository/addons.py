"""Add-ons that members have. A recurring one is a subscription item, whose unique value names the row."""

from __future__ import annotations

from chalicelib.billing.errors import AddonNotFound
from chalicelib.billing.models import UserAddon
from chalicelib.kit import clock, ids, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction

_NAMESPACE = "5f0f2f6e-9f0f-4a8b-8f3a-0f6d9f6f3c55"


def addon_id_of(stripe_id: str) -> str:
    """Return our id of the add-on that was bought as this subscription item or with this payment intent."""
    return ids.derived(_NAMESPACE, stripe_id)


def get(user_id: str, addon_id: str) -> UserAddon:
    """Return one of a member's add-ons, read consistently. Raises AddonNotFound if it does not exist."""
    try:
        return UserAddon.get(user_id, addon_id, consistent_read=True)
    except UserAddon.DoesNotExist as error:
        raise AddonNotFound from error


def list_by_user(user_id: str) -> list[UserAddon]:
    """Return every add-on that the member has or had: a handful, read consistently."""
    return list(UserAddon.query(user_id, consistent_read=True))


def stage_addon(transaction: Transaction, row: UserAddon, is_new: bool) -> None:
    """Stage a write of the row. A new row claims its subscription item.

    The transaction fails with WriteConflict if a new row exists already, or an existing row has changed since it was
    read.
    """
    before, row.updated_at = row.updated_at, clock.now()
    if not is_new:
        transaction.put(row, condition=UserAddon.updated_at == before, otherwise=WriteConflict())
        return
    transaction.add(row, otherwise=WriteConflict())
    if row.stripe_subscription_item_id:
        name = unique_values.value_key(
            "billing", "user_addons", "stripe_subscription_item_id", row.stripe_subscription_item_id
        )
        unique_values.claim(transaction, name, f"{row.user_id}/{row.id}", otherwise=WriteConflict())
