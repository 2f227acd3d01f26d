"""Perks for operators, who fulfil them: lists, addresses, changes of the status."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.billing import service as billing
from chalicelib.kit import clock, secrets
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.notices import Notice
from chalicelib.together.domain.perks import key_of_id, perk_id, require_following
from chalicelib.together.domain.sealed_columns import address_context
from chalicelib.together.enums import NotificationKind, PerkKind, PerkStatus
from chalicelib.together.errors import PerkNotFound
from chalicelib.together.models import Perk
from chalicelib.together.repository import perks
from chalicelib.together.schemas.perks import OperatorPerkRead, OperatorPerkUpdate
from chalicelib.together.service.notifications import add_notice
from chalicelib.together.service.perks import consume_session, to_perk_read

_TITLES = {
    (PerkKind.SURPRISE_BOX, PerkStatus.SHIPPED): "Your surprise box is on its way",
    (PerkKind.COACHING, PerkStatus.SCHEDULED): "Your coaching session has a date",
    (PerkKind.SURPRISE_BOX, PerkStatus.CANCELLED): "Your surprise box was cancelled",
    (PerkKind.COACHING, PerkStatus.CANCELLED): "Your coaching session was cancelled",
}
"""The titles of the notices that a change of the status sends."""


def list_perks_by_status(status: PerkStatus, page: PageRequest) -> PageResult[OperatorPerkRead]:
    """Return a page of the perks of a status without addresses, the longest unchanged first."""
    return perks.list_by_status(status, page).map(_to_read)


def iterate_perks(status: PerkStatus) -> Iterator[OperatorPerkRead]:
    """Yield the perks of a status with their addresses, the longest unchanged first."""
    return map(_with_address, perks.iterate_by_status(status))


def get_perk(api_id: str) -> OperatorPerkRead:
    """Return a perk with its address. Raises PerkNotFound."""
    return _with_address(_required(api_id))


def change_perk(api_id: str, body: OperatorPerkUpdate) -> OperatorPerkRead:
    """Set the fields in the body. A cancelled coaching session returns its add-on; any other change consumes it.

    Repeating a change continues an interrupted one. Raises PerkNotFound, PerkClosed.
    """

    def decide(unit: UnitOfWork) -> Perk:
        row, changes = _required(api_id), body.model_dump(exclude_unset=True)
        status = changes.get("status", row.status)
        require_following(row.status, status)
        if all(getattr(row, name) == value for name, value in changes.items()):
            return row
        columns = {**changes, "updated_at": clock.now()}
        perks.stage_columns(unit.transaction, row, columns)
        return copy_row(row, columns)

    row = run_unit_of_work(decide)
    if row.kind is PerkKind.COACHING and row.status is PerkStatus.CANCELLED:
        billing.return_addon(row.user_id, row.perk)
    elif row.kind is PerkKind.COACHING:
        consume_session(row)
    _notify_member(row)
    return _with_address(row)


def _required(api_id: str) -> Perk:
    row = perks.find(*key_of_id(api_id))
    if row is None:
        raise PerkNotFound
    return row


def _to_read(row: Perk) -> OperatorPerkRead:
    return OperatorPerkRead(**to_perk_read(row).model_dump(), user_id=row.user_id)


def _with_address(row: Perk) -> OperatorPerkRead:
    address = secrets.decrypt(row.address, address_context(row.user_id, row.perk)) if row.address else None
    return _to_read(row).model_copy(update={"address": address})


def _notify_member(row: Perk) -> None:
    title = _TITLES.get((row.kind, row.status))
    if title is None:
        return
    add_notice(
        Notice(
            row.user_id,
            NotificationKind.SYSTEM,
            f"perk/{row.perk}/{row.status}",
            title,
            "See your perks for the details.",
            row.updated_at,
            action_url="/together/app#perks",
            subject_id=perk_id(row.user_id, row.perk),
        )
    )
