"""`/v1/billing/addons…`: what members buy beside a plan."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.callers import member
from chalicelib.billing.schemas.addons import AddonRead, UserAddonRead
from chalicelib.billing.service import addons, removing
from chalicelib.kit.auth import Account
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.pages import Slice
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/billing/addons", methods=["GET"])
@endpoint(bp, auth=member, returns=Page[AddonRead])
def list_addons(call: Call[Account]) -> Slice[AddonRead]:
    """The add-ons that are for sale; all on one page. They are bought like plans, through the checkout."""
    return Slice([AddonRead.of(row) for row in addons.list_for_sale()])


@bp.route("/v1/billing/addons/mine", methods=["GET"])
@endpoint(bp, auth=member, returns=Page[UserAddonRead])
def list_my_addons(call: Call[Account]) -> Slice[UserAddonRead]:
    """The add-ons that the caller has or had, newest first; all on one page."""
    return Slice([UserAddonRead.of(row) for row in addons.list_of(call.principal.id)])


@bp.route("/v1/billing/addons/mine/{addon}/cancel", methods=["POST"])
@endpoint(bp, auth=member, returns=UserAddonRead, idempotent="claimed")
def cancel_addon(call: Call[Account], addon: str) -> UserAddonRead:
    """End a recurring add-on with the period that is paid for. Again, it changes nothing."""
    request_key = call.idempotency.key if call.idempotency else None
    return UserAddonRead.of(removing.cancel(call.principal.id, addon, request_key))
