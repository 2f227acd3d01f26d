"""HTTP: plans, subscription, checkout and credits of the caller; Stripe's webhook."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.schemas import (
    CheckoutCreate,
    CheckoutRead,
    CreditBalanceRead,
    CreditEntryRead,
    EntitlementRead,
    PlanRead,
    WebhookAnswer,
)
from chalicelib.billing.service import checkout, ledger, plans, subscriptions, webhooks
from chalicelib.billing.service.webhooks import Sender
from chalicelib.kit.auth import Account, Role, accepts
from chalicelib.kit.http import MAX_WEBHOOK_BODY, Call, endpoint, refuse_other_methods
from chalicelib.kit.pages import Slice
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)

owner = accepts(Role.MEMBER, Role.STORE_OWNER)


def _key(account: Account) -> tuple[OwnerType, str]:
    return OwnerType(account.role.value), account.id


@bp.route("/v1/billing/plans", methods=["GET"])
@endpoint(bp, auth=owner, returns=Page[PlanRead])
def list_plans(call: Call[Account]) -> Slice[PlanRead]:
    """The plans that the caller can buy; all on one page."""
    return Slice([PlanRead.of(plan) for plan in plans.list_plans(_key(call.principal)[0])])


@bp.route("/v1/billing/subscription", methods=["GET"])
@endpoint(bp, auth=owner, returns=EntitlementRead)
def get_subscription(call: Call[Account]) -> EntitlementRead:
    """What the caller may use, until when, and the subscription behind it."""
    return EntitlementRead.of(subscriptions.entitlement(*_key(call.principal)))


@bp.route("/v1/billing/checkout", methods=["POST"])
@endpoint(bp, auth=owner, body=CheckoutCreate, returns=CheckoutRead, status=201, idempotent="claimed")
def create_checkout(call: Call[Account, CheckoutCreate]) -> CheckoutRead:
    """A page of Stripe's where the caller buys a plan. What was bought shows once Stripe says it is paid."""
    key = call.idempotency.key if call.idempotency else None
    return CheckoutRead.of(checkout.start_checkout(*_key(call.principal), call.body, key))


@bp.route("/v1/billing/credits", methods=["GET"])
@endpoint(bp, auth=owner, returns=CreditBalanceRead)
def get_credits(call: Call[Account]) -> CreditBalanceRead:
    """The caller's credits, the couple's where they share them."""
    return CreditBalanceRead.of(ledger.read_balance(*_key(call.principal)))


@bp.route("/v1/billing/credits/ledger", methods=["GET"])
@endpoint(bp, auth=owner, query=PageQuery, returns=Page[CreditEntryRead])
def list_credits(call: Call[Account, None, PageQuery]) -> Slice[CreditEntryRead]:
    """Every change of the balance, newest first."""
    return ledger.list_entries(*_key(call.principal), call.page).map(CreditEntryRead.of)


@bp.route("/webhooks/stripe", methods=["POST"])
@endpoint(bp, auth=webhooks.stripe_sender, returns=WebhookAnswer, max_body=MAX_WEBHOOK_BODY)
def receive_event(call: Call[Sender]) -> WebhookAnswer:
    """An event of Stripe's; answered as soon as it is on record."""
    webhooks.accept(call.credentials.raw_body)
    return WebhookAnswer()


refuse_other_methods(bp, "/webhooks/stripe", "POST")
