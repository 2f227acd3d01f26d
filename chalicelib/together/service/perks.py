"""Perks of a member: what plans and add-ons include, claimed once for each entitlement."""

from __future__ import annotations

from chalicelib.billing import service as billing
from chalicelib.kit import clock, secrets
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.perks import COACHING_ADDON, claimable_keys, perk_id
from chalicelib.together.domain.sealed_columns import address_context
from chalicelib.together.enums import PerkKind, PerkStatus
from chalicelib.together.errors import PerkClaimed, PerkNotIncluded
from chalicelib.together.models import Perk, User
from chalicelib.together.repository import perks
from chalicelib.together.schemas.perks import PerkAvailable, PerkClaim, PerkRead, PerksRead


def list_perks(user: User) -> PerksRead:
    """Return the perks that the member can claim now, and those claimed in two years, newest first; two reads."""
    rows = perks.list_by_user(user.id)
    addons, now, claimed = billing.addons_of(user.id), clock.now(), _claimed_keys(rows)
    available = []
    for kind in PerkKind:
        keys = set(claimable_keys(kind, user.subscriptions or {}, addons, now)) - claimed
        available += [PerkAvailable(kind=kind, count=len(keys))] if keys else []
    newest_first = sorted(rows, key=lambda row: (row.created_at, row.perk), reverse=True)
    return PerksRead(available=available, items=[to_perk_read(row) for row in newest_first])


def claim_perk(user: User, body: PerkClaim, key: Idempotency | None) -> PerkRead:
    """Claim a perk for the next free entitlement; a coaching session consumes its add-on.

    Raises PerkNotIncluded without an entitlement, PerkClaimed if all are claimed.
    """
    addons = billing.addons_of(user.id)

    def decide(unit: UnitOfWork) -> Perk:
        now, claimed = clock.now(), _claimed_keys(perks.list_by_user(user.id))
        keys = claimable_keys(body.kind, user.subscriptions or {}, addons, now)
        if not keys:
            raise PerkNotIncluded
        free = next((each for each in keys if each not in claimed), None)
        if free is None:
            raise PerkClaimed
        row = _new_row(user.id, free, body)
        if key:
            key.join(unit.transaction, to_perk_read(row))
        perks.stage_claim(unit.transaction, row)
        return row

    row = run_unit_of_work(decide)
    if body.kind is PerkKind.COACHING:
        _consume(row)
    return to_perk_read(row)


def consume_session(row: Perk) -> None:
    """Consume the add-on of a coaching session; repeated, it consumes nothing."""
    billing.consume_addon(row.user_id, COACHING_ADDON, row.perk)


def to_perk_read(row: Perk) -> PerkRead:
    """Return the perk as its member sees it."""
    columns = {name: getattr(row, name) for name in PerkRead.model_fields if name != "id"}
    return PerkRead(**columns, id=perk_id(row.user_id, row.perk))


def _claimed_keys(rows: list[Perk]) -> set[str]:
    return {row.perk for row in rows if row.status is not PerkStatus.CANCELLED}


def _new_row(user_id: str, perk: str, body: PerkClaim) -> Perk:
    now = clock.now()
    address = secrets.encrypt(body.address, address_context(user_id, perk)) if body.address else None
    return Perk(
        user_id,
        perk,
        kind=body.kind,
        status=PerkStatus.REQUESTED,
        address=address,
        preferred_times=body.preferred_times,
        created_at=now,
        updated_at=now,
    )


def _consume(row: Perk) -> None:
    """Consume the add-on of a session that was just claimed; cancel it if the add-on is gone, e.g. refunded.

    A crash before it leaves a claimed session whose add-on is consumed when an operator schedules it.
    """
    try:
        consume_session(row)
    except Unavailable:
        raise
    except Problem as problem:

        def cancel(unit: UnitOfWork) -> None:
            columns = {"status": PerkStatus.CANCELLED, "updated_at": clock.now()}
            perks.stage_columns(unit.transaction, row, columns)

        run_unit_of_work(cancel)
        raise PerkNotIncluded from problem
