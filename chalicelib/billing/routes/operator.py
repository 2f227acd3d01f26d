"""`/v1/operator/billing/…`: payments, deciding refunds, giving credits, Stripe's events and handling them once more."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.credits import CreditEntryRead, CreditGrant
from chalicelib.billing.schemas.events import EventQuery, EventRead
from chalicelib.billing.schemas.payments import OperatorPaymentRead, RefundQuery, RefundRead
from chalicelib.billing.service import ledger, payments, refunds, webhooks
from chalicelib.kit import audit, ids
from chalicelib.kit.auth import Account, operator
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.pages import Slice
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/operator/billing/refunds", methods=["GET"])
@endpoint(bp, auth=operator, query=RefundQuery, returns=Page[RefundRead])
def list_all_refunds(call: Call[Account, None, RefundQuery]) -> Slice[RefundRead]:
    """Refunds of one status, oldest first; those that wait for a decision unless told otherwise."""
    return refunds.list_by_status(call.query.status, call.page).map(RefundRead.of)


@bp.route("/v1/operator/billing/refunds/{refund}/approve", methods=["POST"])
@endpoint(bp, auth=operator, returns=RefundRead, idempotent="claimed")
def approve_refund(call: Call[Account], refund: str) -> RefundRead:
    """Send the money back. Again, it goes on where an attempt before ended, and never pays twice."""
    row = refunds.approve(refund)
    audit.acted(call.principal, "billing.approve_refund", f"refund:{refund}")
    return RefundRead.of(row)


@bp.route("/v1/operator/billing/refunds/{refund}/reject", methods=["POST"])
@endpoint(bp, auth=operator, returns=RefundRead, idempotent="claimed")
def reject_refund(call: Call[Account], refund: str) -> RefundRead:
    """Decline a request."""
    row = refunds.reject(refund)
    audit.acted(call.principal, "billing.reject_refund", f"refund:{refund}")
    return RefundRead.of(row)


@bp.route("/v1/operator/billing/payments/{payment}", methods=["GET"])
@endpoint(bp, auth=operator, returns=OperatorPaymentRead)
def get_any_payment(call: Call[Account], payment: str) -> OperatorPaymentRead:
    """Return one payment of any owner, with its disputes and what went back."""
    return OperatorPaymentRead.of(payments.get_of_any_owner(payment))


@bp.route("/v1/operator/billing/credits", methods=["POST"])
@endpoint(bp, auth=operator, body=CreditGrant, returns=CreditEntryRead, status=201, idempotent="claimed")
def grant_credits(call: Call[Account, CreditGrant]) -> CreditEntryRead:
    """Give an owner credits."""
    body = call.body
    request_key = call.idempotency.key if call.idempotency else ids.new()
    row = ledger.grant_credits(body.owner_type, body.owner_id, body.amount, request_key, body.reason, body.expires_at)
    audit.acted(call.principal, "billing.grant_credits", f"{body.owner_type}:{body.owner_id}")
    return CreditEntryRead.of(row)


@bp.route("/v1/operator/billing/events", methods=["GET"])
@endpoint(bp, auth=operator, query=EventQuery, returns=Page[EventRead])
def list_events(call: Call[Account, None, EventQuery]) -> Slice[EventRead]:
    """Stripe's events of one type, newest first; or those that have not had their effect, by status, oldest first."""
    return webhooks.list_events(call.query.event_type, call.query.status, call.page).map(EventRead.of)


@bp.route("/v1/operator/billing/events/{event}", methods=["GET"])
@endpoint(bp, auth=operator, returns=EventRead)
def get_event(call: Call[Account], event: str) -> EventRead:
    """What became of one event."""
    return EventRead.of(webhooks.get(event))


@bp.route("/v1/operator/billing/events/{event}/replay", methods=["POST"])
@endpoint(bp, auth=operator, returns=EventRead, status=202, idempotent="claimed")
def replay_event(call: Call[Account], event: str) -> EventRead:
    """Handle an event once more, whatever became of it. What it did already is not done twice."""
    row = webhooks.replay(event)
    audit.acted(call.principal, "billing.replay_event", f"event:{event}")
    return EventRead.of(row)
