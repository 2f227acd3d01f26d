"""`/v1/operator/together/…`: perks, partners, bookings, and the state of a member, for operators and support."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.bookings import (
    BookingsImport,
    BookingsImported,
    OperatorBookingQuery,
    OperatorBookingRead,
)
from chalicelib.together.schemas.member_state import MemberStateRead
from chalicelib.together.schemas.partners import OperatorPartnerRead, PartnerPut, PartnerQuery
from chalicelib.together.schemas.perks import OperatorPerkQuery, OperatorPerkRead, OperatorPerkUpdate
from chalicelib.together.service import bookings, member_state, partner_reports, partners, perk_fulfilment

bp = Blueprint(__name__)


@bp.route("/v1/operator/together/perks", methods=["GET"])
@endpoint(bp, auth=support, query=OperatorPerkQuery, returns=Page[OperatorPerkRead])
def list_all_perks(call: ApiRequest[Account, None, OperatorPerkQuery]) -> PageResult[OperatorPerkRead]:
    """List the perks of one status without addresses, the longest unchanged first."""
    return perk_fulfilment.list_perks_by_status(call.query.status, call.page)


@bp.route("/v1/operator/together/perks/{perk}", methods=["GET"])
@endpoint(bp, auth=support, returns=OperatorPerkRead)
def get_perk(call: ApiRequest[Account], perk: str) -> OperatorPerkRead:
    """Return one perk with its address. The access is audited."""
    result = perk_fulfilment.get_perk(perk)
    audit.publish_operator_action(call.principal, "together.read_perk", f"perk:{perk}")
    return result


@bp.route("/v1/operator/together/perks/{perk}", methods=["PATCH"])
@endpoint(bp, auth=operator, body=OperatorPerkUpdate, returns=OperatorPerkRead)
def change_perk(call: ApiRequest[Account, OperatorPerkUpdate], perk: str) -> OperatorPerkRead:
    """Schedule, ship, complete or cancel a perk. A cancelled coaching session can be claimed once more."""
    result = perk_fulfilment.change_perk(perk, call.body)
    audit.publish_operator_action(call.principal, "together.change_perk", f"perk:{perk}", status=result.status)
    return result


@bp.route("/v1/operator/together/partners", methods=["GET"])
@endpoint(bp, auth=support, query=PartnerQuery, returns=Page[OperatorPartnerRead])
def list_all_partners(call: ApiRequest[Account, None, PartnerQuery]) -> PageResult[OperatorPartnerRead]:
    """List the partners of a city, with those that are not active."""
    return partners.list_all_partners(call.query, call.page)


@bp.route("/v1/operator/together/partners", methods=["POST"])
@endpoint(bp, auth=operator, body=PartnerPut, returns=OperatorPartnerRead)
def put_partner(call: ApiRequest[Account, PartnerPut]) -> OperatorPartnerRead:
    """Create a partner, or replace the one with this id. Repeating it changes nothing."""
    result = partners.put_partner(call.body)
    audit.publish_operator_action(call.principal, "together.put_partner", f"partner:{result.id}")
    return result


@bp.route("/v1/operator/together/bookings", methods=["GET"])
@endpoint(bp, auth=support, query=OperatorBookingQuery, returns=Page[OperatorBookingRead])
def list_bookings_of_member(call: ApiRequest[Account, None, OperatorBookingQuery]) -> PageResult[OperatorBookingRead]:
    """List a member's bookings, newest first."""
    return bookings.list_bookings_of(call.query.user_id, call.page)


@bp.route("/v1/operator/together/bookings", methods=["POST"])
@endpoint(bp, auth=operator, body=BookingsImport, returns=BookingsImported)
def import_bookings(call: ApiRequest[Account, BookingsImport]) -> BookingsImported:
    """Import a partner's report: JSON lines. Repeating it changes nothing."""
    result = partner_reports.import_bookings(call.body.partner_id, call.body.lines.split("\n"))
    partner = f"partner:{call.body.partner_id}"
    audit.publish_operator_action(call.principal, "together.import_bookings", partner, changed=str(result.changed))
    return result


@bp.route("/v1/operator/together/users/{user_id}", methods=["GET"])
@endpoint(bp, auth=support, returns=MemberStateRead)
def get_member(call: ApiRequest[Account], user_id: str) -> MemberStateRead:
    """Return the state of a member, without anything that the member wrote. The access is audited."""
    result = member_state.get_member_state(user_id)
    audit.publish_operator_action(call.principal, "together.read_member", f"member:{user_id}")
    return result
