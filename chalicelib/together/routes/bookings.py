"""`/v1/together/bookings…`: a member's bookings at partners."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.bookings import BookingCreate, BookingQuery, BookingRead, BookingUpdate
from chalicelib.together.service import bookings
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/bookings", methods=["GET"])
@endpoint(bp, auth=member, query=BookingQuery, returns=Page[BookingRead])
def list_bookings(call: ApiRequest[Member, None, BookingQuery]) -> PageResult[BookingRead]:
    """List one's own bookings, newest first."""
    return bookings.list_bookings(call.principal.user, call.page)


@bp.route("/v1/together/bookings", methods=["POST"])
@endpoint(bp, auth=member, body=BookingCreate, returns=BookingRead, status=201, idempotent="joined")
def add_booking(call: ApiRequest[Member, BookingCreate]) -> BookingRead:
    """Record a click on a partner's offer; `url` is the partner's link with the click's id."""
    return bookings.add_booking(call.principal.user, call.body, call.idempotency)


@bp.route("/v1/together/bookings/{booking_id}", methods=["GET"])
@endpoint(bp, auth=member, returns=BookingRead)
def get_booking(call: ApiRequest[Member], booking_id: str) -> BookingRead:
    """Return one booking."""
    return bookings.get_booking(call.principal.user, booking_id)


@bp.route("/v1/together/bookings/{booking_id}", methods=["PATCH"])
@endpoint(bp, auth=member, body=BookingUpdate, returns=BookingRead)
def rate_booking(call: ApiRequest[Member, BookingUpdate], booking_id: str) -> BookingRead:
    """Store the rating of a booking that the partner confirmed."""
    return bookings.rate_booking(call.principal.user, booking_id, call.body)
