"""`/v1/billing/addons…`: add-ons that members buy in addition to a plan."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import member
from chalicelib.billing.schemas.addons import AddonRead, UserAddonRead
from chalicelib.billing.service import addon_cancellation, addons
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, ShortListQuery

bp = Blueprint(__name__)


@bp.route("/v1/billing/addons", methods=["GET"])
@endpoint(bp, auth=member, query=ShortListQuery, returns=Page[AddonRead])
def list_addons(call: ApiRequest[Account, None, ShortListQuery]) -> PageResult[AddonRead]:
    """List the add-ons that are for sale.

    Add-ons are bought through the checkout, like plans.
    """
    return paginate_in_order(addons.list_for_sale(), call.page, lambda row: row.id).map(AddonRead.of)


@bp.route("/v1/billing/addons/mine", methods=["GET"])
@endpoint(bp, auth=member, query=ShortListQuery, returns=Page[UserAddonRead])
def list_my_addons(call: ApiRequest[Account, None, ShortListQuery]) -> PageResult[UserAddonRead]:
    """List the add-ons that the caller has or had, newest first."""
    rows = addons.list_addons(call.principal.id)
    return paginate_in_order(rows, call.page, lambda row: row.id).map(UserAddonRead.of)


@bp.route("/v1/billing/addons/mine/{addon}/cancel", methods=["POST"])
@endpoint(bp, auth=member, returns=UserAddonRead, idempotent="claimed")
def cancel_addon(call: ApiRequest[Account], addon: str) -> UserAddonRead:
    """Cancel a recurring add-on at the end of its paid period.

    Repeating the request changes nothing.
    """
    request_key = call.idempotency.key if call.idempotency else None
    return UserAddonRead.of(addon_cancellation.cancel_addon(call.principal.id, addon, request_key))
