"""Refunds: requested, decided, never above the payment, in any order of events and with later failures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import permutations
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain import payments as rules
from chalicelib.billing.enums import AddonStatus, OwnerType, PaymentStatus, RefundStatus
from chalicelib.billing.models import CreditBalance, Refund, UserAddon
from chalicelib.billing.service import credits, entitlement
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, operator, payments, webhooks

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
amounts = st.decimals(min_value="0.01", max_value="10000", places=2)


def ask(api: httpx2.Client, owner: Owner, **wanted: Any) -> httpx2.Response:
    (payment,) = payments()
    return api.post(f"/v1/billing/payments/{payment.id}/refunds", json=wanted, headers=owner.headers)


def decide(api: httpx2.Client, refund_id: str, verb: str = "approve") -> httpx2.Response:
    return api.post(f"/v1/operator/billing/refunds/{refund_id}/{verb}", headers=operator())


def test_a_refund_is_requested_approved_and_paid(
    api: httpx2.Client, member: Owner, buy: Buy, drain: Drain, stripe_sandbox: StripeSandbox
) -> None:
    buy(member, plan="better_together")
    requested = ask(api, member, amount="40.00", reason="I asked twice")
    assert (requested.status_code, requested.json()["status"], requested.json()["amount"]) == (
        201,
        "requested",
        "40.00",
    )
    waiting = api.get("/v1/operator/billing/refunds", headers=operator()).json()["items"]
    assert [refund["id"] for refund in waiting] == [requested.json()["id"]]
    assert payments()[0].refunding_amount == 40
    done = decide(api, requested.json()["id"])
    assert (done.status_code, done.json()["status"]) == (200, "completed"), done.text
    stripe_sandbox.drain()
    assert drain() == []
    (payment,), (refund,) = payments(), Refund.scan()
    assert (payment.refunded_amount, payment.refunding_amount, payment.status) == (
        Decimal(40),
        Decimal(0),
        PaymentStatus.COMPLETED,
    )
    assert (refund.status, str(refund.stripe_refund_id)[:3]) == (RefundStatus.COMPLETED, "re_")
    assert entitlement(OwnerType.MEMBER, member.id).has_access
    listed = api.get(f"/v1/billing/payments/{payment.id}/refunds", headers=member.headers).json()["items"]
    assert [item["id"] for item in listed] == [refund.id]


def test_a_full_refund_ends_access(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    buy(member, plan="better_together")
    decide(api, ask(api, member).json()["id"])
    (payment,) = payments()
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, payment.amount)
    assert not entitlement(OwnerType.MEMBER, member.id).has_access


def test_refund_requests_never_exceed_the_payment_in_parts_or_concurrently(
    api: httpx2.Client, member: Owner, buy: Buy
) -> None:
    buy(member, plan="better_together")
    for amount in ("240.01", "0", "-1", "0.001"):
        refused = ask(api, member, amount=amount)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["path"] == "body.amount"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(api, member, amount="100.00").status_code, range(8)))
    assert sorted(answers)[:2] == [201, 201]
    assert set(answers[:]) <= {201, 422, 503}
    (payment,) = payments()
    assert payment.refunding_amount == 200
    assert ask(api, member, amount="40.01").status_code == 422
    assert ask(api, member).json()["amount"] == "40.00"
    assert ask(api, member).status_code == 422


def test_a_rejected_request_releases_its_amount_and_is_final(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    buy(member, plan="better_together")
    refund = ask(api, member).json()["id"]
    assert decide(api, refund, "reject").json()["status"] == "rejected"
    assert decide(api, refund, "reject").json()["status"] == "rejected"
    assert decide(api, refund).status_code == 409
    assert payments()[0].refunding_amount == 0
    assert decide(api, "no-such-refund").status_code == 404


def test_concurrent_approvals_pay_once(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    buy(member, plan="better_together")
    refund = ask(api, member, amount="100.00").json()["id"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: decide(api, refund).status_code, range(4)))
    assert 200 in answers
    assert set(answers) <= {200, 409, 503}
    (payment,) = payments()
    assert (payment.refunded_amount, payment.refunding_amount) == (Decimal(100), Decimal(0))


def test_a_refund_refused_by_stripe_fails_and_can_be_requested_again(
    api: httpx2.Client, member: Owner, buy: Buy, stripe_sandbox: StripeSandbox
) -> None:
    buy(member, plan="better_together")
    refund = ask(api, member).json()["id"]
    with stripe_sandbox.store() as stripe:
        charge = stripe.get("charge", str(payments()[0].stripe_charge_id))
        charge["amount_refunded"] = charge["amount"]
    assert decide(api, refund).status_code == 502
    (row,) = Refund.scan()
    assert (row.status, payments()[0].refunding_amount) == (RefundStatus.FAILED, Decimal(0))


def test_a_refund_of_a_payment_missing_at_stripe_fails(
    api: httpx2.Client, member: Owner, buy: Buy, stripe_sandbox: StripeSandbox
) -> None:
    """The test data of the account were deleted."""
    buy(member, plan="better_together")
    refund = ask(api, member).json()["id"]
    with stripe_sandbox.store() as stripe:
        del stripe._data["objects"][payments()[0].stripe_payment_intent_id]
    assert decide(api, refund).status_code == 404
    (row,) = Refund.scan()
    assert (row.status, payments()[0].refunding_amount) == (RefundStatus.FAILED, Decimal(0))


def refund_at_stripe(stripe_sandbox: StripeSandbox, amount: int) -> str:
    """Refund a charge as in Stripe's dashboard."""
    (payment,) = payments()
    with httpx2.Client(
        base_url=stripe_sandbox.url, headers={"Authorization": "Bearer sk_test_sandbox_of_no_real_account"}
    ) as client:
        answer = client.post("/v1/refunds", data={"charge": str(payment.stripe_charge_id), "amount": str(amount)})
    assert answer.status_code == 200, answer.text
    stripe_sandbox.drain()
    return str(answer.json()["id"])


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_refunds_at_stripe_have_one_row_each_in_any_order(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain, order: tuple[int, ...], version: str
) -> None:
    buy(member, plan="better_together")
    stripe_sandbox.hold_events = True
    refund_at_stripe(stripe_sandbox, 4000)
    refund_at_stripe(stripe_sandbox, 20000)
    events = stripe_sandbox.held()
    assert [event["type"] for event in events] == ["refund.created", "charge.refunded"] * 2
    for position in (*order, *order):
        stripe_sandbox.deliver([events[position]], api_version=version)
        assert drain() == []
    (payment,) = payments()
    assert (payment.refunded_amount, payment.status) == (Decimal(240), PaymentStatus.REFUNDED)
    assert sorted(row.amount for row in Refund.scan()) == [40, 200]
    assert not entitlement(OwnerType.MEMBER, member.id).has_access


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
@pytest.mark.parametrize("wanted", [{"plan": "better_together"}, {"credit_pack": "credits_200"}])
def test_a_refund_event_before_its_payment_is_applied(
    member: Owner,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    wanted: Json,
    version: str,
) -> None:
    stripe_sandbox.hold_events = True
    started = checkout(member, wanted.get("plan"), **{k: v for k, v in wanted.items() if k != "plan"})
    stripe_sandbox.complete_checkout(started.json()["id"])
    with stripe_sandbox.store() as stripe:
        charge = stripe.all("charge")[0]
    with httpx2.Client(
        base_url=stripe_sandbox.url, headers={"Authorization": "Bearer sk_test_sandbox_of_no_real_account"}
    ) as client:
        client.post("/v1/refunds", data={"charge": charge["id"]})
    stripe_sandbox.drain()
    held = stripe_sandbox.held()
    stripe_sandbox.deliver([event for event in held if event["type"] == "charge.refunded"], api_version=version)
    assert drain() == []
    (payment,) = payments()
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, payment.amount)
    stripe_sandbox.deliver(held, order="shuffled", seed=3, api_version=version)
    assert drain() == []
    (payment,) = payments()
    assert payment.status is PaymentStatus.REFUNDED
    assert not entitlement(OwnerType.MEMBER, member.id).has_access
    assert sum(balances().values()) in (0, 40)
    ledger_sums()
    assert {row.status.value for row in webhooks().values()} <= {"processed", "ignored"}


def test_a_refund_that_fails_later_is_reversed(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, credit_pack="credits_200")
    refund = refund_at_stripe(stripe_sandbox, 1800)
    assert drain() == []
    assert balances() == {member.relationship_id: 0}
    stripe_sandbox.settle_refund(refund, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    (payment,), (row,) = payments(), Refund.scan()
    assert (payment.status, payment.refunded_amount, row.status) == (
        PaymentStatus.COMPLETED,
        Decimal(0),
        RefundStatus.FAILED,
    )
    assert balances() == {member.relationship_id: 200}
    ledger_sums()


def test_a_refund_takes_credits_in_proportion_and_records_a_shortfall(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, credit_pack="credits_200")
    refund_at_stripe(stripe_sandbox, 900)
    assert drain() == []
    assert balances() == {member.relationship_id: 100}
    credits.spend_credits(OwnerType.MEMBER, member.id, 70, "k")
    last = refund_at_stripe(stripe_sandbox, 900)
    assert drain() == []
    (head,) = CreditBalance.scan()
    assert (head.balance, head.shortfall) == (0, 70)
    assert [entry.amount for entry in entries()] == [200, -100, -70, -30]
    stripe_sandbox.settle_refund(last, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    (head,) = CreditBalance.scan()
    assert (head.balance, head.shortfall) == (30, 0)
    ledger_sums()


def test_a_refunded_addon_is_inactive(member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain) -> None:
    buy(member, addon="coaching_session")
    refund_at_stripe(stripe_sandbox, 7900)
    assert drain() == []
    (row,) = UserAddon.scan()
    assert row.status is AddonStatus.CANCELED


@given(paid=amounts, parts=st.lists(amounts, max_size=6))
def test_refunds_never_exceed_the_payment(paid: Decimal, parts: list[Decimal]) -> None:
    back = rules.refunded(paid, parts)
    assert back <= paid
    assert back + rules.refundable(paid, back) == paid


@given(bought=st.integers(1, 10_000), paid=amounts, share=st.integers(0, 100))
def test_credits_are_taken_in_proportion_and_all_with_a_full_refund(bought: int, paid: Decimal, share: int) -> None:
    back = (paid * share / 100).quantize(Decimal("0.01"))
    due = rules.credits_due(bought, paid, min(back, paid))
    assert 0 <= due <= bought
    assert rules.credits_due(bought, paid, paid) == bought
    assert rules.credits_due(bought, paid, Decimal(0)) == 0
