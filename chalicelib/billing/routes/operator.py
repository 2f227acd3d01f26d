"""`/v1/operator/billing/…`: payments, refund decisions, credit grants, the plan catalogue, and Stripe events with their replay."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.checkout import PlansSynced
from chalicelib.billing.schemas.credits import CreditEntryRead, CreditGrant
from chalicelib.billing.schemas.payments import OperatorPaymentRead, RefundQuery, RefundRead
from chalicelib.billing.schemas.stripe_events import EventQuery, EventRead
from chalicelib.billing.service import credits, payments, plans, refunds
from chalicelib.billing.service.sync import intake
from chalicelib.kit import audit, ids
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/operator/billing/refunds", methods=["GET"])
@endpoint(bp, auth=support, query=RefundQuery, returns=Page[RefundRead])
def list_all_refunds(call: ApiRequest[Account, None, RefundQuery]) -> PageResult[RefundRead]:
    """List the refunds of one status, oldest first.

    The default is refunds that are pending a decision.
    """
    return refunds.list_by_status(call.query.status, call.page).map(RefundRead.of)


@bp.route("/v1/operator/billing/refunds/{refund}/approve", methods=["POST"])
@endpoint(bp, auth=operator, returns=RefundRead, idempotent="claimed")
def approve_refund(call: ApiRequest[Account], refund: str) -> RefundRead:
    """Approve a refund and return the money.

    Repeating the request continues an interrupted attempt and never pays twice.
    """
    row = refunds.approve(refund)
    audit.publish_operator_action(call.principal, "billing.approve_refund", f"refund:{refund}")
    return RefundRead.of(row)


@bp.route("/v1/operator/billing/refunds/{refund}/reject", methods=["POST"])
@endpoint(bp, auth=operator, returns=RefundRead, idempotent="claimed")
def reject_refund(call: ApiRequest[Account], refund: str) -> RefundRead:
    """Reject a refund request."""
    row = refunds.reject(refund)
    audit.publish_operator_action(call.principal, "billing.reject_refund", f"refund:{refund}")
    return RefundRead.of(row)


@bp.route("/v1/operator/billing/plans/sync", methods=["POST"])
@endpoint(bp, auth=operator, returns=PlansSynced)
def sync_plans(call: ApiRequest[Account]) -> PlansSynced:
    """Write the plan catalogue, and update Stripe's products, prices and customer portal. Repeating it changes nothing."""
    synced = plans.sync_plans()
    audit.publish_operator_action(call.principal, "billing.sync_plans", "plans")
    return PlansSynced(plans=[plan.id for plan in synced])


@bp.route("/v1/operator/billing/payments/{payment}", methods=["GET"])
@endpoint(bp, auth=support, returns=OperatorPaymentRead)
def get_any_payment(call: ApiRequest[Account], payment: str) -> OperatorPaymentRead:
    """Return a payment of any owner, with its disputes and refunded amounts."""
    return OperatorPaymentRead.of(payments.get_of_any_owner(payment))


@bp.route("/v1/operator/billing/credits", methods=["POST"])
@endpoint(bp, auth=operator, body=CreditGrant, returns=CreditEntryRead, status=201, idempotent="claimed")
def grant_credits(call: ApiRequest[Account, CreditGrant]) -> CreditEntryRead:
    """Grant credits to an owner."""
    body = call.body
    request_key = call.idempotency.key if call.idempotency else ids.new()
    row = credits.grant_credits(body, request_key)
    audit.publish_operator_action(call.principal, "billing.grant_credits", f"{body.owner_type}:{body.owner_id}")
    return CreditEntryRead.of(row)


@bp.route("/v1/operator/billing/events", methods=["GET"])
@endpoint(bp, auth=support, query=EventQuery, returns=Page[EventRead])
def list_events(call: ApiRequest[Account, None, EventQuery]) -> PageResult[EventRead]:
    """List Stripe events of one type, newest first, or unfinished ones by status, oldest first."""
    return intake.list_events(call.query.event_type, call.query.status, call.page).map(EventRead.of)


@bp.route("/v1/operator/billing/events/{event}", methods=["GET"])
@endpoint(bp, auth=support, returns=EventRead)
def get_event(call: ApiRequest[Account], event: str) -> EventRead:
    """Return a Stripe event and its processing status."""
    return EventRead.of(intake.get_event(event))


@bp.route("/v1/operator/billing/events/{event}/replay", methods=["POST"])
@endpoint(bp, auth=operator, returns=EventRead, status=202, idempotent="claimed")
def replay_event(call: ApiRequest[Account], event: str) -> EventRead:
    """Process a Stripe event again, regardless of its status.

    Effects that were already applied are not applied twice.
    """
    row = intake.replay_event(event)
    audit.publish_operator_action(call.principal, "billing.replay_event", f"event:{event}")
    return EventRead.of(row)
