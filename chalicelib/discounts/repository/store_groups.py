"""Groups of stores: one row a store, a claim of the store's name, and a claim of one of the group's places.

The claims are unique values, so that a store is in one group at most and a group never has too many stores.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.discounts.errors import InvitationNotFound, LimitReached, StoreGroupJoined
from chalicelib.discounts.models import StoreGroupMember
from chalicelib.kit import unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Transaction, get_many

MAX_STORES = 20


def find_member(shop: str) -> StoreGroupMember | None:
    """Return the store's row, read consistently; None if it is in no group."""
    group_id = unique_values.owner_of(_name_claim(shop))
    if group_id is None:
        return None
    [row] = get_many([(StoreGroupMember, (group_id, shop))], consistent=True)
    return row


def list_members(group_id: str) -> list[StoreGroupMember]:
    """Return the stores of a group, read consistently."""
    return list(StoreGroupMember.query(group_id, consistent_read=True))


def stage_member(transaction: Transaction, row: StoreGroupMember) -> None:
    """Add the store to the group in the transaction. Raises LimitReached if the group is full.

    The commit raises StoreGroupJoined if the store is in a group, WriteConflict if another store took the place.
    """
    place = next((number for number, owner in _owners_of_places(row.group_id) if owner is None), None)
    if place is None:
        raise LimitReached(f"A group has at most {MAX_STORES} stores.")
    row.place = place
    transaction.add(row, otherwise=StoreGroupJoined())
    unique_values.claim(transaction, _name_claim(row.shop), row.group_id, StoreGroupJoined())
    unique_values.claim(transaction, _place_claim(row), row.shop, WriteConflict())


def stage_removal(transaction: Transaction, row: StoreGroupMember) -> None:
    """Remove the store from its group in the transaction."""
    transaction.delete(StoreGroupMember(row.group_id, row.shop))
    unique_values.release(transaction, _name_claim(row.shop), row.group_id)
    unique_values.release(transaction, _place_claim(row), row.shop)


def stage_invitation(transaction: Transaction, row: StoreGroupMember) -> None:
    """Store the row's invitation in the transaction; it replaces an earlier one. Raises WriteConflict if the store left."""
    transaction.update(
        StoreGroupMember(row.group_id, row.shop),
        [StoreGroupMember.invite_hash.set(row.invite_hash), StoreGroupMember.invite_until.set(row.invite_until)],
        condition=StoreGroupMember.shop.exists(),
        otherwise=WriteConflict(),
    )


def stage_used_invitation(transaction: Transaction, row: StoreGroupMember, invite_hash: str, now: datetime) -> None:
    """Remove the invitation in the transaction, which raises InvitationNotFound unless it is open."""
    is_open = (StoreGroupMember.invite_hash == invite_hash) & (StoreGroupMember.invite_until > now)
    transaction.update(
        StoreGroupMember(row.group_id, row.shop),
        [StoreGroupMember.invite_hash.remove(), StoreGroupMember.invite_until.remove()],
        condition=is_open,
        otherwise=InvitationNotFound(),
    )


def _owners_of_places(group_id: str) -> list[tuple[int, str | None]]:
    """Return the number of each of the group's places with the store that has it."""
    names = [_place_name(group_id, number) for number in range(MAX_STORES)]
    rows = get_many([(UniqueValue, (name,)) for name in names], consistent=True)
    return [(number, row.owner if row else None) for number, row in enumerate(rows)]


def _place_claim(row: StoreGroupMember) -> str:
    return _place_name(row.group_id, row.place)


def _place_name(group_id: str, number: int) -> str:
    return unique_values.value_key("discounts", "store_groups", "place", group_id, str(number))


def _name_claim(shop: str) -> str:
    return unique_values.value_key("discounts", "store_groups", "shop", shop)
