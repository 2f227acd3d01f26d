"""`/v1/billing/credits…`: the balance and the ledger behind it."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.callers import key, owner
from chalicelib.billing.schemas.credits import CreditBalanceRead, CreditEntryRead
from chalicelib.billing.service import ledger
from chalicelib.kit.auth import Account
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.pages import Slice
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/billing/credits", methods=["GET"])
@endpoint(bp, auth=owner, returns=CreditBalanceRead)
def get_credits(call: Call[Account]) -> CreditBalanceRead:
    """The caller's credits, the couple's where they share them."""
    return CreditBalanceRead.of(ledger.read_balance(*key(call.principal)))


@bp.route("/v1/billing/credits/ledger", methods=["GET"])
@endpoint(bp, auth=owner, query=PageQuery, returns=Page[CreditEntryRead])
def list_credits(call: Call[Account, None, PageQuery]) -> Slice[CreditEntryRead]:
    """Every change of the balance, newest first."""
    return ledger.list_entries(*key(call.principal), call.page).map(CreditEntryRead.of)
