"""`/v1/together/partners`: offers of partners in a city."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.partners import PartnerQuery, PartnerRead
from chalicelib.together.service import partners
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/partners", methods=["GET"])
@endpoint(bp, auth=member, query=PartnerQuery, returns=Page[PartnerRead])
def list_partners(call: ApiRequest[Member, None, PartnerQuery]) -> PageResult[PartnerRead]:
    """List the partners of a city, by kind. A page may hold fewer items than `limit`: follow `next_cursor`."""
    return partners.list_partners(call.query, call.page)
