"""Groups of stores of one owner, whose dashboards show each other's totals.

One store invites: its code has 128 random bits, works once and expires after 15 minutes. Only its hash is stored. A
store that has left, or removed the app, belongs to no group at once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from chalicelib.discounts.errors import InvitationNotFound
from chalicelib.discounts.models import APP, StoreGroupMember
from chalicelib.discounts.repository import store_groups
from chalicelib.discounts.schemas.store_groups import InvitationRead, StoreGroupAction, StoreGroupRead, StoreRead
from chalicelib.kit import clock, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops import service as shops

INVITATION_LIFETIME = timedelta(minutes=15)
_CODE_BYTES = 16


def list_stores(shop: str) -> list[str]:
    """Return the stores whose figures the store may read: those of its group that have the app, else itself."""
    return [row.shop for row in _present_members(_own_row(shop))]


def read_group(shop: str, code: str | None = None) -> StoreGroupRead:
    """Return the store's group. With `code`, the invitation names the store that invites. Raises InvitationNotFound."""
    return _to_read(_own_row(shop), _invitation_of(code) if code else None)


def change_group(shop: str, body: StoreGroupAction, key: Idempotency | None = None) -> StoreGroupRead:
    """Change the group: invite a store, join or leave. Raises the errors of the action."""
    if body.action == "join":
        return join_group(shop, body.code or "", key)
    return invite_store(shop, key) if body.action == "invite" else leave_group(shop, key)


def invite_store(shop: str, key: Idempotency | None = None) -> StoreGroupRead:
    """Create an invitation to the store's group, and the group if there is none.

    The response that is stored for a repeat has no code, because only the hash of a code may be stored.
    """
    now, secret = clock.now(), secrets.token_urlsafe(_CODE_BYTES)
    until = now + INVITATION_LIFETIME

    def decide(unit: UnitOfWork) -> StoreGroupRead:
        row = store_groups.find_member(shop)
        own = row or StoreGroupMember(ids.time_ordered(), shop, joined_at=now)
        response = _to_read(own, InvitationRead(shop=shop, until=until))
        _join_key(key, unit, response)
        own.invite_hash, own.invite_until = _hash(secret), until
        if row is None:
            store_groups.stage_member(unit.transaction, own)
        else:
            store_groups.stage_invitation(unit.transaction, own)
        return response

    response = run_unit_of_work(decide)
    invitation = InvitationRead(shop=shop, code=f"{shop}/{secret}", until=until)
    return response.model_copy(update={"invitation": invitation})


def join_group(shop: str, code: str, key: Idempotency | None = None) -> StoreGroupRead:
    """Enter the group of an invitation, which is used up. A store that is already in the group does not use it up.

    Raises InvitationNotFound, StoreGroupJoined, LimitReached.
    """
    inviting_shop, secret = _parts(code)

    def decide(unit: UnitOfWork) -> StoreGroupRead:
        inviter, own, now = store_groups.find_member(inviting_shop), store_groups.find_member(shop), clock.now()
        if inviter is None:
            raise InvitationNotFound
        is_member = own is not None and own.group_id == inviter.group_id
        row = own if own is not None and is_member else StoreGroupMember(inviter.group_id, shop, joined_at=now)
        response = _to_read(row, None)
        _join_key(key, unit, response)
        if not is_member:
            store_groups.stage_used_invitation(unit.transaction, inviter, _hash(secret), now)
            store_groups.stage_member(unit.transaction, row)
        return response

    return run_unit_of_work(decide)


def leave_group(shop: str, key: Idempotency | None = None) -> StoreGroupRead:
    """Leave the group; without a group, do nothing. The store's open invitation ends."""
    now = clock.now()
    response = _to_read(_ungrouped(shop), None)

    def decide(unit: UnitOfWork) -> None:
        _join_key(key, unit, response)
        _stage_end(unit, shop, now)

    run_unit_of_work(decide)
    return response


def end_membership(shop: str, before: datetime) -> None:
    """Remove the store from a group that it joined up to this time; otherwise do nothing."""

    run_unit_of_work(lambda unit: _stage_end(unit, shop, before))


def _stage_end(unit: UnitOfWork, shop: str, before: datetime) -> None:
    row = store_groups.find_member(shop)
    if row is not None and row.joined_at <= before:
        store_groups.stage_removal(unit.transaction, row)


def _join_key(key: Idempotency | None, unit: UnitOfWork, response: StoreGroupRead) -> None:
    if key:
        key.join(unit.transaction, response)


def _own_row(shop: str) -> StoreGroupMember:
    return store_groups.find_member(shop) or _ungrouped(shop)


def _ungrouped(shop: str) -> StoreGroupMember:
    """Return the row of a store without a group; it is not stored."""
    return StoreGroupMember("", shop, joined_at=clock.now())


def _present_members(own: StoreGroupMember) -> list[StoreGroupMember]:
    """Return the store's row and those of the group's other stores that have the app, oldest member first."""
    members = store_groups.list_members(own.group_id) if own.group_id else []
    others = [row for row in members if row.shop != own.shop]
    installed = shops.filter_installed(APP, [row.shop for row in others])
    return sorted([own, *(row for row in others if row.shop in installed)], key=lambda row: row.joined_at)


def _invitation_of(code: str) -> InvitationRead:
    shop, secret = _parts(code)
    row = store_groups.find_member(shop)
    if row is None or row.invite_until is None or row.invite_until <= clock.now():
        raise InvitationNotFound
    if not secrets.compare_digest(row.invite_hash or "", _hash(secret)):
        raise InvitationNotFound
    return InvitationRead(shop=shop, until=row.invite_until)


def _parts(code: str) -> tuple[str, str]:
    """Return the inviting store and the secret of a code."""
    shop, separator, secret = code.strip().partition("/")
    if not (shop and separator and secret):
        raise InvitationNotFound
    return shop, secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _to_read(own: StoreGroupMember, invitation: InvitationRead | None) -> StoreGroupRead:
    return StoreGroupRead(stores=[StoreRead.of(row) for row in _present_members(own)], invitation=invitation)
