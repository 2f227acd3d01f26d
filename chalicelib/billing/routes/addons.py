"""`/v1/billing/addons…`: what members buy beside a plan."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import member
from chalicelib.billing.schemas.addons import AddonRead, UserAddonRead
from chalicelib.billing.service import addon_cancellation, addons
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/billing/addons", methods=["GET"])
@endpoint(bp, auth=member, returns=Page[AddonRead])
def list_addons(call: ApiRequest[Account]) -> PageResult[AddonRead]:
    """The add-ons that are for sale; all on one page. They are bought like plans, through the checkout."""
    return PageResult([AddonRead.of(row) for row in addons.list_for_sale()])


@bp.route("/v1/billing/addons/mine", methods=["GET"])
@endpoint(bp, auth=member, returns=Page[UserAddonRead])
def list_my_addons(call: ApiRequest[Account]) -> PageResult[UserAddonRead]:
    """The add-ons that the caller has or had, newest first; all on one page."""
    return PageResult([UserAddonRead.of(row) for row in addons.list_of(call.principal.id)])


@bp.route("/v1/billing/addons/mine/{addon}/cancel", methods=["POST"])
@endpoint(bp, auth=member, returns=UserAddonRead, idempotent="claimed")
def cancel_addon(call: ApiRequest[Account], addon: str) -> UserAddonRead:
    """End a recurring add-on with the period that is paid for. Again, it changes nothing."""
    request_key = call.idempotency.key if call.idempotency else None
    return UserAddonRead.of(addon_cancellation.cancel_addon(call.principal.id, addon, request_key))
