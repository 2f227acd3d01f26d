"""`/v1/together/checkins…`: a member's check-ins, one for each date and space."""

from __future__ import annotations

import datetime as dt

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.errors import CheckinNotFound, InvalidCheckin
from chalicelib.together.schemas.checkins import CheckinPut, CheckinQuery, CheckinRead, CheckinSaved
from chalicelib.together.service import checkin_lists, checkins
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/checkins", methods=["GET"])
@endpoint(bp, auth=member, query=CheckinQuery, returns=Page[CheckinRead])
def list_checkins(call: ApiRequest[Member, None, CheckinQuery]) -> PageResult[CheckinRead]:
    """List check-ins, latest date first: the member's own of all spaces, and those of the partner that they may read.

    Follow `next_cursor` until it is null.
    """
    return checkin_lists.list_checkins(call.principal.user, call.query, call.page)


@bp.route("/v1/together/checkins/{date}", methods=["PUT"])
@endpoint(bp, auth=member, body=CheckinPut, returns=CheckinSaved, errors=(InvalidCheckin,))
def record_checkin(call: ApiRequest[Member, CheckinPut], date: str) -> CheckinSaved:
    """Check in for a date, or change the check-in of that date.

    The date is today or one of the two days before; up to seven days back if `recorded_at` lies on it. Of two check-ins
    of a date the one with the later `recorded_at` stands; the response has the one that stands.
    """
    return checkins.record_checkin(call.principal.user, _parsed(date), call.body)


@bp.route("/v1/together/checkins/{date}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, errors=(CheckinNotFound,))
def remove_checkin(call: ApiRequest[Member], date: str) -> None:
    """Delete the member's check-in of a date in their present space."""
    checkins.remove_checkin(call.principal.user, _parsed(date))


def _parsed(text: str) -> dt.date:
    """Return the date of the path. Raises InvalidCheckin."""
    message = "must be a date, YYYY-MM-DD"
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidCheckin(f"path.date: {message}", errors=[{"path": "path.date", "message": message}]) from None
    if day.isoformat() != text:
        raise InvalidCheckin(f"path.date: {message}", errors=[{"path": "path.date", "message": message}])
    return day
