"""Gifts: one owner pays, another redeems and is never billed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import GiftStatus, OwnerType, SubscriptionStatus
from chalicelib.billing.models import Customer, Gift, PaymentTransaction, Subscription
from chalicelib.billing.service import entitlement, gifts, grant_schedule
from chalicelib.integrations.stripe import checkout_sessions
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unavailable
from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.stripe.errors import ApiError
from tests.billing.conftest import Json, Owner, balances, ledger_sums, listen, make_owner, operator, subscriptions

Drain = Callable[[], list[Any]]
ORDER = {
    "plan": "better_together",
    "recipient_email": "Bea@Example.com",
    "message": "for our years",
    "success_url": "https://a.b/",
    "cancel_url": "https://a.b/",
}


def order(api: httpx2.Client, buyer: Owner, key: str | None = None, **changes: Any) -> httpx2.Response:
    headers = buyer.headers | ({"Idempotency-Key": key} if key else {})
    return api.post("/v1/billing/gifts", json={**ORDER, **changes}, headers=headers)


def redeem(api: httpx2.Client, owner: Owner, code: str) -> httpx2.Response:
    return api.post("/v1/billing/gifts/redeem", json={"code": code}, headers=owner.headers)


@pytest.fixture
def code(api: httpx2.Client, member: Owner, stripe_sandbox: StripeSandbox, drain: Drain) -> str:
    """Buy a gift and return its code."""
    started = order(api, member).json()
    stripe_sandbox.complete_checkout(started["checkout"]["id"])
    assert drain() == []
    return str(started["gift"]["code"])


@pytest.fixture
def bea(member: Owner) -> Owner:
    return make_owner(Role.MEMBER)


def test_a_redeemed_gift_has_no_recurring_revenue(api: httpx2.Client, bea: Owner, code: str) -> None:
    received, paid = listen("billing-recurring_revenue_changed"), listen("billing-payment_changed")
    assert redeem(api, bea, code).status_code == 200
    assert redeem(api, bea, code).status_code == 200
    (row,) = subscriptions()
    messages = received()
    assert len(messages) == 2
    assert {(each["subscription_id"], each["owner_id"], each["is_final"]) for each in messages} == {
        (row.id, bea.id, False)
    }
    steps = [{"from": messages[0]["effective_at"], "plan": "0.000000", "addons": "0.000000"}]
    assert all(each["steps"] == steps for each in messages)
    assert [(each["kind"], each["subscription_id"], each["addons"]) for each in paid()] == [("gift", row.id, "0")] * 2


def test_a_gift_is_bought_paid_and_redeemed(api: httpx2.Client, member: Owner, bea: Owner, code: str) -> None:
    (listed,) = api.get("/v1/billing/gifts", headers=member.headers).json()["items"]
    assert (listed["code"], listed["status"], listed["recipient_email"]) == (code, "paid", "bea@example.com")
    answer = redeem(api, bea, f" {code.lower()} ")
    assert answer.status_code == 200, answer.text
    payload = answer.json()
    assert (payload["has_access"], payload["plan_name"], payload["subscription"]["is_gift"]) == (
        True,
        "better_together",
        True,
    )
    (row,) = subscriptions()
    assert (row.owner_id, row.gifted_by, row.gift_message) == (bea.id, member.id, "for our years")
    assert row.stripe_subscription_id is None
    assert row.stripe_customer_id is None
    assert balances() == {bea.relationship_id: 40}
    assert redeem(api, bea, code).json()["subscription"]["id"] == row.id
    assert not entitlement(OwnerType.MEMBER, member.id).has_access
    ledger_sums()


def test_a_retry_with_its_key_returns_the_gift(
    api: httpx2.Client, member: Owner, stripe_sandbox: StripeSandbox, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = checkout_sessions.create_checkout_session

    def lost(params: Json, key: str) -> None:
        send(params, key)
        raise Unavailable("The answer did not come.")

    with monkeypatch.context() as losing:
        losing.setattr(checkout_sessions, "create_checkout_session", lost)
        assert order(api, member, key="mine").status_code == 503
    started = order(api, member, key="mine")
    assert started.status_code == 201, started.text
    (row,) = Gift.scan()
    assert row.code == started.json()["gift"]["code"]
    stripe_sandbox.complete_checkout(started.json()["checkout"]["id"])
    assert drain() == []
    assert [row.status for row in Gift.scan()] == [GiftStatus.PAID]
    assert order(api, member, key="another").json()["gift"]["code"] != row.code


def test_an_unpaid_gift_cannot_be_redeemed_and_ends_with_its_checkout(
    api: httpx2.Client, member: Owner, bea: Owner, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    started = order(api, member).json()
    answer = redeem(api, bea, started["gift"]["code"])
    assert (answer.status_code, answer.json()["code"]) == (409, "GiftNotRedeemable")
    stripe_sandbox.expire_checkout(started["checkout"]["id"])
    assert drain() == []
    (row,) = Gift.scan()
    assert row.status is GiftStatus.VOIDED


@pytest.mark.parametrize("code", ["AAAA-BBBB-CCCC-DDDD", "x", "ä" * 60])
def test_an_unknown_gift_code_is_404(api: httpx2.Client, bea: Owner, code: str) -> None:
    assert redeem(api, bea, code).status_code == 404


def test_a_buyer_cannot_redeem_the_own_gift(api: httpx2.Client, member: Owner, bea: Owner, code: str) -> None:
    answer = redeem(api, member, code)
    assert (answer.status_code, answer.json()["code"]) == (409, "GiftNotRedeemable")
    assert redeem(api, bea, code).status_code == 200


def test_concurrent_redemptions_of_a_gift_succeed_once(api: httpx2.Client, member: Owner, code: str) -> None:
    others = [make_owner(Role.MEMBER) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda owner: redeem(api, owner, code).status_code, others))
    assert answers.count(200) == 1
    assert set(answers) <= {200, 409, 503}
    assert len(subscriptions()) == 1


def test_a_gift_cannot_be_redeemed_during_a_subscription(
    api: httpx2.Client, bea: Owner, code: str, buy: Callable[..., list[Json]]
) -> None:
    buy(bea, plan="try_it_out")
    answer = redeem(api, bea, code)
    assert (answer.status_code, answer.json()["code"]) == (409, "AlreadySubscribed")
    (row,) = Gift.scan()
    assert row.status is GiftStatus.PAID


def test_concurrent_redemptions_by_one_owner_use_one_gift(
    api: httpx2.Client, member: Owner, bea: Owner, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    started = [order(api, member).json() for _ in range(6)]
    for each in started:
        stripe_sandbox.complete_checkout(each["checkout"]["id"])
    assert drain() == []
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda each: redeem(api, bea, each["gift"]["code"]).status_code, started))
    assert answers.count(200) == 1
    assert set(answers) <= {200, 409, 503}
    assert len(subscriptions()) == 1
    assert [row.status for row in Gift.scan()].count(GiftStatus.PAID) == 5
    assert balances() == {bea.relationship_id: 40}


def test_a_redeemed_gift_expires_an_open_checkout(
    api: httpx2.Client,
    bea: Owner,
    code: str,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
) -> None:
    started = checkout(bea).json()["id"]
    assert redeem(api, bea, code).status_code == 200
    with pytest.raises(ApiError, match="no longer open"):
        stripe_sandbox.complete_checkout(started)
    assert checkout(bea).status_code == 409


def test_a_gift_cannot_be_redeemed_right_after_a_payment(
    api: httpx2.Client,
    bea: Owner,
    code: str,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
) -> None:
    started = checkout(bea).json()["id"]
    stripe_sandbox.hold_events = True
    stripe_sandbox.complete_checkout(started)
    answer = redeem(api, bea, code)
    assert (answer.status_code, answer.json()["code"]) == (409, "AlreadySubscribed")
    assert [row.status for row in Gift.scan()] == [GiftStatus.PAID]


def test_the_next_gift_is_redeemed_when_the_first_has_ended(
    api: httpx2.Client,
    member: Owner,
    bea: Owner,
    code: str,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Callable[..., list[Json]],
) -> None:
    assert redeem(api, bea, code).status_code == 200
    pass_time(days=300)
    started = order(api, member).json()
    stripe_sandbox.complete_checkout(started["checkout"]["id"])
    assert drain() == []
    assert redeem(api, bea, started["gift"]["code"]).status_code == 409
    pass_time(days=66)
    assert gifts.end_due(clock.now(), None) == 1
    assert redeem(api, bea, started["gift"]["code"]).status_code == 200


def test_a_gift_ends_without_a_charge(
    api: httpx2.Client, bea: Owner, code: str, pass_time: Callable[..., list[Json]]
) -> None:
    redeem(api, bea, code)
    (row,) = subscriptions()
    pass_time(days=364)
    assert entitlement(OwnerType.MEMBER, bea.id).has_access
    pass_time(days=2)
    assert not entitlement(OwnerType.MEMBER, bea.id).has_access
    assert gifts.end_due(clock.now(), None) == 1
    assert Subscription.get(row.id).status is SubscriptionStatus.EXPIRED
    assert gifts.end_due(clock.now(), None) == 0


def test_the_credits_of_a_gift_are_granted_monthly(
    api: httpx2.Client, bea: Owner, code: str, pass_time: Callable[..., list[Json]]
) -> None:
    redeem(api, bea, code)
    for month in range(2, 4):
        pass_time(days=31)
        grant_schedule.grant_due_months(clock.now(), None)
        grant_schedule.grant_due_months(clock.now(), None)
        assert balances() == {bea.relationship_id: 40 * month}
    ledger_sums()


def test_an_unredeemed_gift_expires(
    api: httpx2.Client, bea: Owner, code: str, pass_time: Callable[..., list[Json]]
) -> None:
    pass_time(days=366)
    assert redeem(api, bea, code).status_code == 409
    assert gifts.end_due(clock.now(), None) == 1
    (row,) = Gift.scan()
    assert row.status is GiftStatus.EXPIRED


def test_a_refund_voids_an_unredeemed_gift_and_ends_a_redeemed_one(
    api: httpx2.Client, member: Owner, bea: Owner, code: str, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    payment = next(iter(PaymentTransaction.scan()))
    redeemed_code = order(api, member).json()
    stripe_sandbox.complete_checkout(redeemed_code["checkout"]["id"])
    assert drain() == []
    redeem(api, bea, redeemed_code["gift"]["code"])
    for row in PaymentTransaction.scan():
        url = f"/v1/billing/payments/{row.id}/refunds"
        refund = api.post(url, json={}, headers=member.headers).json()["id"]
        done = api.post(f"/v1/operator/billing/refunds/{refund}/approve", headers=operator())
        assert done.status_code == 200, done.text
    assert {row.code: row.status for row in Gift.scan()} == {
        payment.item: GiftStatus.VOIDED,
        redeemed_code["gift"]["code"]: GiftStatus.REDEEMED,
    }
    assert redeem(api, make_owner(Role.MEMBER), code).status_code == 409
    assert not entitlement(OwnerType.MEMBER, bea.id).has_access


def test_a_failed_refund_restores_a_gift(
    api: httpx2.Client, member: Owner, bea: Owner, code: str, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    (payment,) = PaymentTransaction.scan()
    requested = api.post(f"/v1/billing/payments/{payment.id}/refunds", json={}, headers=member.headers).json()["id"]
    api.post(f"/v1/operator/billing/refunds/{requested}/approve", headers=operator())
    assert redeem(api, bea, code).status_code == 409
    with stripe_sandbox.store() as stripe:
        (refund,) = stripe.all("refund")
    stripe_sandbox.settle_refund(refund["id"], "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert redeem(api, bea, code).status_code == 200


def test_a_lost_dispute_voids_a_gift(
    api: httpx2.Client, bea: Owner, code: str, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    (payment,) = PaymentTransaction.scan()
    dispute = stripe_sandbox.open_dispute(str(payment.stripe_charge_id))
    stripe_sandbox.close_dispute(dispute["id"], "lost")
    stripe_sandbox.drain()
    assert drain() == []
    assert redeem(api, bea, code).status_code == 409
    (row,) = Gift.scan()
    assert row.status is GiftStatus.VOIDED


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"plan": "starter"}, "body.plan"),
        ({"recipient_email": "nobody"}, "body.recipient_email"),
        ({"message": "x" * 1001}, "body.message"),
    ],
)
def test_an_invalid_gift_is_refused_with_its_field(api: httpx2.Client, member: Owner, changes: Json, path: str) -> None:
    answer = order(api, member, **changes)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


def test_the_buyer_s_email_is_refused_as_recipient(api: httpx2.Client, member: Owner) -> None:
    own = Customer.get(OwnerType.MEMBER, member.id).email
    answer = order(api, member, recipient_email=own.upper())
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidRecipient")
    assert list(Gift.scan()) == []
