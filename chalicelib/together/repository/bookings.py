"""Rows of the bookings. An external id belongs to one booking of its partner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kit import unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Otherwise, Transaction, get_many
from chalicelib.together.models import Booking


def find(booking_id: str) -> Booking | None:
    """Return the booking, read consistently; None if there is none."""
    try:
        return Booking.get(booking_id, consistent_read=True)
    except Booking.DoesNotExist:
        return None


def list_by_user(user_id: str, page: PageRequest) -> PageResult[Booking]:
    """Return a page of the member's bookings, newest first; two reads."""
    keys = query_page(
        Booking.by_user.query(user_id, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start)
    )
    rows = get_many([(Booking, (key.id,)) for key in keys.items], consistent=True)
    return PageResult([row for row in rows if row is not None and row.user_id == user_id], keys.last_key)


def stage_columns(transaction: Transaction, row: Booking, columns: Mapping[str, Any]) -> None:
    """Set columns and the next version in the transaction, which raises WriteConflict if the version changed.

    The row no longer expires: only a click without a report does.
    """
    attributes = Booking.get_attributes()
    actions = [attributes[name].set(value) for name, value in columns.items()]
    transaction.update(
        Booking(row.id),
        [*actions, Booking.version.set(row.version + 1), Booking.expires_epoch.remove()],
        condition=Booking.version == row.version,
        otherwise=WriteConflict(),
    )


def stage_external_id(transaction: Transaction, row: Booking, external_id: str, otherwise: Otherwise) -> None:
    """Claim a partner's id of a booking in the transaction, which raises `otherwise` if another booking has it."""
    name = unique_values.value_key("together", "bookings", "external_id", row.partner_id, external_id)
    unique_values.claim(transaction, name, row.id, otherwise)
