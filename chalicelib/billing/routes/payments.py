"""`/v1/billing/payments…`: the caller's payments with their invoices, and refund requests."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import key, owner
from chalicelib.billing.schemas.payments import PaymentRead, RefundCreate, RefundRead
from chalicelib.billing.service import payments, refunds
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, PageQuery, ShortListQuery

bp = Blueprint(__name__)


@bp.route("/v1/billing/payments", methods=["GET"])
@endpoint(bp, auth=owner, query=PageQuery, returns=Page[PaymentRead])
def list_payments(call: ApiRequest[Account, None, PageQuery]) -> PageResult[PaymentRead]:
    """List the caller's payments, newest first.

    `invoice_url` is the invoice of a payment that has one.
    """
    return payments.list_payments(*key(call.principal), call.page).map(PaymentRead.of)


@bp.route("/v1/billing/payments/{payment}", methods=["GET"])
@endpoint(bp, auth=owner, returns=PaymentRead)
def get_payment(call: ApiRequest[Account], payment: str) -> PaymentRead:
    """Return a payment."""
    return PaymentRead.of(payments.get(*key(call.principal), payment))


@bp.route("/v1/billing/payments/{payment}/refunds", methods=["GET"])
@endpoint(bp, auth=owner, query=ShortListQuery, returns=Page[RefundRead])
def list_refunds(call: ApiRequest[Account, None, ShortListQuery], payment: str) -> PageResult[RefundRead]:
    """List the refunds of a payment, oldest first."""
    rows = refunds.list_refunds(*key(call.principal), payment)
    return paginate_in_order(rows, call.page, lambda row: row.id).map(RefundRead.of)


@bp.route("/v1/billing/payments/{payment}/refunds", methods=["POST"])
@endpoint(bp, auth=owner, body=RefundCreate, returns=RefundRead, status=201, idempotent="claimed")
def request_refund(call: ApiRequest[Account, RefundCreate], payment: str) -> RefundRead:
    """Request a refund.

    An operator decides on it. Several requests together never exceed the paid amount.
    """
    row = refunds.request_refund(*key(call.principal), payment, call.body)
    return RefundRead.of(row)
