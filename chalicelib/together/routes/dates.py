"""`/v1/together/dates…`: important dates of the relationship."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.http.etags import row_version
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.errors import CapReached, DateNotFound, PremiumRequired
from chalicelib.together.schemas.dates import DateCreate, DateRead, DateUpdate
from chalicelib.together.schemas.spaces import SpaceQuery, SpaceRowQuery
from chalicelib.together.service import dates
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/dates", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceQuery, returns=Page[DateRead])
def list_dates(call: ApiRequest[Member, None, SpaceQuery]) -> PageResult[DateRead]:
    """List the dates of the present or of a former relationship, the next occurrence first."""
    return dates.list_dates(call.principal.user, call.query.relationship, call.page)


@bp.route("/v1/together/dates", methods=["POST"])
@endpoint(
    bp,
    auth=member,
    body=DateCreate,
    returns=DateRead,
    status=201,
    idempotent="joined",
    errors=(PremiumRequired, CapReached),
)
def add_date(call: ApiRequest[Member, DateCreate]) -> DateRead:
    """Create a date. Without premium there can be 10, with premium 40."""
    return dates.add_date(call.principal.user, call.body, call.idempotency)


@bp.route("/v1/together/dates/{date_id}", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceRowQuery, returns=DateRead, etag=row_version, errors=(DateNotFound,))
def get_date(call: ApiRequest[Member, None, SpaceRowQuery], date_id: str) -> DateRead:
    """Return one date."""
    return dates.get_date(call.principal.user, date_id, call.query.relationship)


@bp.route("/v1/together/dates/{date_id}", methods=["PATCH"])
@endpoint(bp, auth=member, body=DateUpdate, returns=DateRead, etag=row_version, errors=(DateNotFound,))
def change_date(call: ApiRequest[Member, DateUpdate], date_id: str) -> DateRead:
    """Change a date; omitted fields stay. Reminders follow; each occurrence has one."""
    return dates.change_date(call.principal.user, date_id, call.body, call.if_match or "")


@bp.route("/v1/together/dates/{date_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, etag=row_version, if_match="optional", errors=(DateNotFound,))
def remove_date(call: ApiRequest[Member], date_id: str) -> None:
    """Delete a date."""
    dates.remove_date(call.principal.user, date_id, call.if_match)
