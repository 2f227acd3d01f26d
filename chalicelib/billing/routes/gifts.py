"""`/v1/billing/gifts…`: plans that members buy for others."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.routes.auth import member
from chalicelib.billing.schemas.checkout import CheckoutRead, EntitlementRead
from chalicelib.billing.schemas.gifts import GiftCheckoutRead, GiftCreate, GiftRead, GiftRedeem
from chalicelib.billing.service import checkout, entitlements, gifts
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/billing/gifts", methods=["POST"])
@endpoint(bp, auth=member, body=GiftCreate, returns=GiftCheckoutRead, status=201, idempotent="claimed")
def buy_gift(call: ApiRequest[Account, GiftCreate]) -> GiftCheckoutRead:
    """Create a gift that is pending payment, and the Stripe page on which to pay."""
    request_key = call.idempotency.key if call.idempotency else None
    gift, session = checkout.start_gift(call.principal.id, call.body, request_key)
    return GiftCheckoutRead(gift=GiftRead.of(gift), checkout=CheckoutRead.of(session))


@bp.route("/v1/billing/gifts", methods=["GET"])
@endpoint(bp, auth=member, query=PageQuery, returns=Page[GiftRead])
def list_gifts(call: ApiRequest[Account, None, PageQuery]) -> PageResult[GiftRead]:
    """List the gifts that the caller bought, newest first."""
    return gifts.list_bought(call.principal.id, call.page).map(GiftRead.of)


@bp.route("/v1/billing/gifts/redeem", methods=["POST"])
@endpoint(bp, auth=member, body=GiftRedeem, returns=EntitlementRead, idempotent="claimed")
def redeem_gift(call: ApiRequest[Account, GiftRedeem]) -> EntitlementRead:
    """Redeem a gift: start its period for the caller, who is never billed for it.

    Repeating the request returns the same result.
    """
    row = gifts.redeem_gift(call.principal.id, call.body.code)
    return EntitlementRead.of(entitlements.entitlement_with(OwnerType.MEMBER, call.principal.id, row))
