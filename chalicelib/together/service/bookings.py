"""Bookings: a member's click on a partner's link, and their rating of the visit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.analytics import service as analytics
from chalicelib.kit import clock, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.bookings import CONFIRMED
from chalicelib.together.enums import BookingStatus
from chalicelib.together.errors import BookingNotConfirmed, BookingNotFound, InvalidBooking, PartnerNotFound
from chalicelib.together.models import Booking, Partner, User
from chalicelib.together.repository import activities, bookings, partners, users
from chalicelib.together.schemas.bookings import BookingCreate, BookingRead, BookingUpdate, OperatorBookingRead
from chalicelib.together.schemas.partners import CLICK_ID
from chalicelib.together.service import joint_rows
from chalicelib.together.service.measurement import is_measured

SENT_FOR = timedelta(days=730)
"""Analytics refuses older events."""


def list_bookings(user: User, page: PageRequest) -> PageResult[BookingRead]:
    """Return a page of the member's bookings, newest first."""
    rows = bookings.list_by_user(user.id, page)
    offers = partners.find_by_ids(row.partner_id for row in rows.items)
    return rows.map(lambda row: _to_read(row, offers.get(row.partner_id)))


def get_booking(user: User, booking_id: str) -> BookingRead:
    """Return a booking of the member. Raises BookingNotFound."""
    row = _own(user, booking_id)
    return _to_read(row, partners.find(row.partner_id))


def add_booking(user: User, body: BookingCreate, key: Idempotency | None) -> BookingRead:
    """Record a click on a partner's link and return the link. Raises PartnerNotFound, InvalidBooking."""
    partner = partners.find(body.partner_id)
    if partner is None or not partner.is_active:
        raise PartnerNotFound
    if body.activity_id is not None and activities.find(joint_rows.space_of(user), body.activity_id) is None:
        message = "no such activity"
        raise InvalidBooking(f"body.activity_id: {message}", errors=[{"path": "body.activity_id", "message": message}])
    now = clock.now()
    row = Booking(
        ids.new(),
        partner_id=partner.id,
        user_id=user.id,
        activity_id=body.activity_id,
        status=BookingStatus.CLICKED,
        version=0,
        created_at=now,
        updated_at=now,
        expires_epoch=now + Booking.KEEP_CLICK,
    )
    response = _to_read(row, partner)

    def decide(unit: UnitOfWork) -> None:
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)

    run_unit_of_work(decide)
    return response


def rate_booking(user: User, booking_id: str, body: BookingUpdate) -> BookingRead:
    """Store the member's rating of a confirmed booking. Raises BookingNotFound, BookingNotConfirmed."""

    def decide(unit: UnitOfWork) -> Booking:
        row = _own(user, booking_id)
        if row.status not in CONFIRMED:
            raise BookingNotConfirmed
        if row.rating == body.rating:
            return row
        columns = {"rating": body.rating, "updated_at": clock.now()}
        bookings.stage_columns(unit.transaction, row, columns)
        return copy_row(row, {**columns, "version": row.version + 1})

    row = run_unit_of_work(decide)
    send_to_analytics(row)
    return _to_read(row, partners.find(row.partner_id))


def send_to_analytics(row: Booking) -> None:
    """Send a reported booking's present version to analytics; a repeated version changes nothing there.

    An erased member, or one who opted out, is not named. A booking of over two years ago is no longer sent.
    """
    if clock.now() - row.created_at > SENT_FOR:
        return
    user = users.find_user(row.user_id)
    subject = user.id if user is not None and is_measured(user) else None
    columns: dict[str, Any] = {
        name: value for name in ("amount", "commission", "currency") if (value := getattr(row, name)) is not None
    }
    status = "booked" if row.status in CONFIRMED else "cancelled"
    columns |= {"status": status, "subject": subject, "rating": row.rating}
    analytics.record_booking(row.partner_id, row.id, row.version, row.created_at, **columns)


def list_bookings_of(user_id: str, page: PageRequest) -> PageResult[OperatorBookingRead]:
    """Return a page of a member's bookings for operators, newest first."""
    return bookings.list_by_user(user_id, page).map(OperatorBookingRead.of)


def _own(user: User, booking_id: str) -> Booking:
    row = bookings.find(booking_id)
    if row is None or row.user_id != user.id:
        raise BookingNotFound
    return row


def _to_read(row: Booking, partner: Partner | None) -> BookingRead:
    is_open = partner is not None and partner.is_active
    return BookingRead(
        id=row.id,
        partner_id=row.partner_id,
        partner_name=partner.name if partner else None,
        url=partner.url.replace(CLICK_ID, row.id) if partner and is_open else None,
        activity_id=row.activity_id,
        status=row.status,
        amount=row.amount,
        currency=row.currency,
        rating=row.rating,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
