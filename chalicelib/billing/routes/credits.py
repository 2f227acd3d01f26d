"""`/v1/billing/credits…`: the credit balance and the credit ledger."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import key, owner
from chalicelib.billing.schemas.credits import CreditBalanceRead, CreditEntryRead
from chalicelib.billing.service import credits
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/billing/credits", methods=["GET"])
@endpoint(bp, auth=owner, returns=CreditBalanceRead)
def get_credits(call: ApiRequest[Account]) -> CreditBalanceRead:
    """Return the caller's credit balance, or the couple's if the couple shares its credits."""
    return CreditBalanceRead.of(credits.read_balance(*key(call.principal)))


@bp.route("/v1/billing/credits/ledger", methods=["GET"])
@endpoint(bp, auth=owner, query=PageQuery, returns=Page[CreditEntryRead])
def list_credits(call: ApiRequest[Account, None, PageQuery]) -> PageResult[CreditEntryRead]:
    """List the changes of the credit balance, newest first."""
    return credits.list_entries(*key(call.principal), call.page).map(CreditEntryRead.of)
