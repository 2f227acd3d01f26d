"""The amount of a dispute, its status and the refundable rest in the API."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import DisputeStatus, PaymentStatus, RefundStatus
from chalicelib.billing.models import CreditBalance, Refund
from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, ledger_sums, payments, refund
from tests.billing.dispute_factories import Close, Dispute, close, dispute, read_payment, request_refund
from tests.billing.subscription_factories import sent

__all__ = ["close", "dispute"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


def operator_headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}


@pytest.mark.parametrize(("amount", "left"), [(900, 100), (1, 200), (1799, 0), (1800, 0), (5000, 0)])
def test_a_partial_dispute_takes_its_share_of_bought_credits(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute, amount: int, left: int
) -> None:
    """A dispute above the payment, due to exchange rates, takes the payment."""
    buy(member, credit_pack="credits_200")
    dispute("lost", amount=amount)
    assert balances() == {member.relationship_id: left}
    item = read_payment(api, member)
    assert Decimal(item["lost_amount"]) == Decimal(min(amount, 1800)) / 100
    assert (item["status"], item["dispute"]) == ("refunded" if amount >= 1800 else "completed", "lost")
    ledger_sums()


def test_refund_requests_are_limited_to_the_remaining_amount(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute
) -> None:
    buy(member, credit_pack="credits_200")
    dispute("lost", amount=1000)
    refused = request_refund(api, member, amount="8.01")
    assert refused.status_code == 422
    assert "at most 8.00 USD" in refused.json()["errors"][0]["message"]
    assert request_refund(api, member).json()["amount"] == "8.00"


def test_a_refund_request_for_a_lost_payment_is_refused(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute
) -> None:
    buy(member, credit_pack="credits_200")
    dispute("lost")
    refused = request_refund(api, member)
    assert (refused.status_code, refused.json()["code"]) == (409, "NotRefundable")
    assert "dispute" in refused.json()["detail"]
    assert list(Refund.scan()) == []


def test_a_refund_request_before_the_loss_is_not_sent(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute, stripe_sandbox: StripeSandbox
) -> None:
    buy(member, credit_pack="credits_200")
    requested = request_refund(api, member, amount="10.00").json()["id"]
    dispute("lost", amount=900)
    before = sent(stripe_sandbox, "POST", "/v1/refunds")
    done = api.post(f"/v1/operator/billing/refunds/{requested}/approve", headers=operator_headers())
    assert (done.status_code, done.json()["code"]) == (409, "NotRefundable")
    (row,) = Refund.scan()
    assert (row.status, payments()[0].refunding_amount) == (RefundStatus.FAILED, Decimal(0))
    assert sent(stripe_sandbox, "POST", "/v1/refunds") == before
    assert request_refund(api, member).json()["amount"] == "9.00"


def test_the_api_returns_the_status_of_a_dispute(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute, close: Close
) -> None:
    buy(member, credit_pack="credits_200")
    assert read_payment(api, member)["dispute"] is None
    opened = dispute()
    assert read_payment(api, member)["dispute"] == "open"
    for verdict, status in (("won", "won"), ("lost", "lost"), ("won", "won")):
        close(opened, verdict)
        item = read_payment(api, member)
        assert (item["dispute"], item["disputed_at"] is None) == (status, status == "won")


def test_operators_read_any_payment_and_owners_only_theirs(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute
) -> None:
    buy(member, credit_pack="credits_200")
    dispute("lost", amount=900)
    item = read_payment(api, member)
    url = f"/v1/operator/billing/payments/{item['id']}"
    answer = api.get(url, headers=operator_headers())
    assert answer.json() == item | {"owner_type": "member", "owner_id": member.id}
    assert api.get(url, headers=member.headers).status_code == 403
    assert api.get("/v1/operator/billing/payments/none", headers=operator_headers()).json()["code"] == "PaymentNotFound"


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_under_review"])
def test_an_inquiry_is_not_a_loss(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute, close: Close, status: str
) -> None:
    buy(member, credit_pack="credits_200")
    inquiry = dispute(status=status)
    assert (read_payment(api, member)["dispute"], balances()) == ("open", {member.relationship_id: 200})
    close(inquiry, "warning_closed")
    item = read_payment(api, member)
    assert (item["dispute"], item["lost_amount"], item["status"]) == (None, "0.00", "completed")
    assert CreditBalance.get(member.relationship_id).suspended == 0


@pytest.mark.parametrize(("net", "left"), [(-1800, 0), (0, 200)])
def test_a_prevented_dispute_is_lost_if_its_amount_was_withdrawn(
    member: Owner,
    buy: Buy,
    dispute: Dispute,
    close: Close,
    stripe_sandbox: StripeSandbox,
    net: int,
    left: int,
) -> None:
    buy(member, credit_pack="credits_200")
    opened = dispute()
    with stripe_sandbox.store() as stripe:
        stripe.get("dispute", opened)["balance_transactions"] = [{"amount": -1800}, {"amount": 1800 + net}]
    close(opened, "prevented")
    (head,) = CreditBalance.scan()
    assert (head.balance, head.suspended) == (left, 0)


def test_a_dispute_in_another_currency_takes_the_whole_payment(member: Owner, buy: Buy, dispute: Dispute) -> None:
    buy(member, credit_pack="credits_200")
    dispute("lost", amount=1600, currency="eur")
    (payment,) = payments()
    assert (payment.status, payment.lost_amount, balances()) == (
        PaymentStatus.REFUNDED,
        payment.amount,
        {member.relationship_id: 0},
    )


@pytest.mark.parametrize("loss_first", [True, False])
@pytest.mark.parametrize(("sent_back", "disputed", "back"), [(900, 450, "13.50"), (900, 1800, "18.00")])
def test_refunds_and_lost_disputes_add_up_to_at_most_the_payment(
    api: httpx2.Client,
    member: Owner,
    buy: Buy,
    dispute: Dispute,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    loss_first: bool,
    sent_back: int,
    disputed: int,
    back: str,
) -> None:
    """Banks dispute all of a charge that was refunded in part (Stripe: "partially won", status `lost`)."""
    buy(member, credit_pack="credits_200")
    steps = [
        lambda: dispute("lost", amount=disputed),
        lambda: refund(stripe_sandbox, payments()[0].stripe_charge_id, amount=str(sent_back)),
    ]
    for step in steps if loss_first else steps[::-1]:
        step()
        assert drain() == []
    item = read_payment(api, member)
    assert (item["refunded_amount"], item["lost_amount"]) == (back, f"{disputed / 100:.2f}")
    assert item["status"] == ("refunded" if back == item["amount"] else "completed")
    assert balances() == {member.relationship_id: 200 - int(Decimal(back) / 18 * 200)}
    ledger_sums()


def test_several_disputes_of_a_charge_add_up(member: Owner, buy: Buy, dispute: Dispute) -> None:
    buy(member, credit_pack="credits_200")
    dispute("lost", amount=900)
    dispute(amount=450)
    (head,) = CreditBalance.scan()
    assert (head.balance, head.suspended, payments()[0].dispute) == (100, 100, DisputeStatus.OPEN)
    dispute("lost", amount=900)
    (head,), (payment,) = CreditBalance.scan(), payments()
    assert (head.balance, payment.status, payment.dispute) == (0, PaymentStatus.REFUNDED, DisputeStatus.LOST)
