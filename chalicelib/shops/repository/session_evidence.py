"""Evidence of an installation on the shop's row: newest session token, time of the last token check."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition

from chalicelib.kit.tables import update_if
from chalicelib.shops.evidence import Evidence, SessionNote
from chalicelib.shops.models import Shop
from chalicelib.shops.repository.tokens import ACTIVE


def evidence_of(row: Shop) -> Evidence:
    """Return the evidence stored in the row."""
    granted_at = max(row.installed_at, row.confirmed_at or row.installed_at)
    return Evidence(granted_at, row.session_issued_at, row.token_checked_at)


def save_session_note(row: Shop, note: SessionNote, now: datetime) -> bool:
    """Write a note with one conditional update. Returns False if the row's evidence has changed since."""
    condition = ACTIVE & (Shop.installed_at == row.installed_at)
    condition &= _is_unchanged(Shop.session_issued_at, row.session_issued_at)
    actions = []
    if note.session_issued_at:
        actions.append(Shop.session_issued_at.set(note.session_issued_at))
    if note.is_check_due:
        actions.append(Shop.token_checked_at.set(now))
        condition &= _is_unchanged(Shop.token_checked_at, row.token_checked_at)
    return update_if(Shop(row.shop, row.app), actions, condition)


def _is_unchanged(column: Attribute[datetime], value: datetime | None) -> Condition:
    return column.does_not_exist() if value is None else column == value
