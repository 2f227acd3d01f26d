"""Codes from creation to the invoice: a use is reserved, redeemed or released, and counted once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType, RedemptionStatus
from chalicelib.billing.models import DiscountCode, DiscountUsage
from chalicelib.billing.repository import plans, stripe_events
from chalicelib.billing.service import discount_redemptions
from chalicelib.billing.service.discount_redemptions import PlanPurchase
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, make_owner, of_type, operator, payments
from tests.billing.discount_factories import URL, Checkout, Code, Drain, code, count_uses
from tests.timeouts import LIMIT

__all__ = ["code"]


def test_a_code_reduces_the_first_payment(
    api: httpx2.Client,
    member: Owner,
    code: Code,
    checkout: Checkout,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
) -> None:
    created = code(max_uses=3)
    assert (created["code"], created["value"], created["times_used"]) == ("SPRING-27", "25", 0)
    check = {"code": " Spring-27", "plan": "better_together"}
    payload = api.post("/v1/billing/codes/validate", json=check, headers=member.headers).json()
    assert (payload["price"], payload["discount_amount"], payload["amount_due"]) == ("240.00", "60.00", "180.00")
    started = checkout(member, "better_together", code="spring-27")
    assert started.status_code == 201, started.text
    assert count_uses() == (1, ["reserved"])
    events = stripe_sandbox.complete_checkout(started.json()["id"])
    assert drain() == []
    assert count_uses() == (1, ["redeemed"])
    (payment,), (use,) = payments(), DiscountUsage.scan()
    assert payment.amount == Decimal(180)
    assert (use.discount_amount, use.subscription_id) == (Decimal(60), payment.subscription_id)
    assert use.attribute_values.get("reserved_until") is None
    assert balances() == {member.relationship_id: 40}
    stripe_sandbox.deliver(events, order="shuffled", seed=2)
    assert drain() == []
    assert count_uses() == (1, ["redeemed"])
    (listed,) = api.get(f"{URL}/spring-27/uses", headers=operator()).json()["items"]
    assert (listed["user_id"], listed["status"], listed["discount_amount"]) == (member.id, "redeemed", "60.00")


@pytest.mark.parametrize("ending", ["expired", "lapsed"])
def test_an_abandoned_checkout_releases_its_use(
    member: Owner, code: Code, checkout: Checkout, stripe_sandbox: StripeSandbox, drain: Drain, ending: str
) -> None:
    code(max_uses=1)
    session = checkout(member, "try_it_out", code="SPRING-27").json()["id"]
    stripe_sandbox.hold_events = ending == "lapsed"  # Stripe's event is lost
    assert discount_redemptions.release_lapsed(clock.now() + timedelta(hours=26)) == 0, "it can still be paid"
    stripe_sandbox.expire_checkout(session)
    assert drain() == []
    if ending == "lapsed":
        assert count_uses() == (1, ["reserved"])
        assert discount_redemptions.release_lapsed(clock.now() + timedelta(days=3)) == 1
    assert count_uses() == (0, ["released"])
    assert checkout(make_owner(Role.MEMBER), "try_it_out", code="SPRING-27").status_code == 201
    assert count_uses() == (1, ["released", "reserved"])


def test_an_unreadable_checkout_does_not_block_the_release_of_others(
    member: Owner, code: Code, checkout: Checkout, stripe_sandbox: StripeSandbox
) -> None:
    code(max_uses=3)
    owners = [member, *(make_owner(Role.MEMBER) for _ in range(2))]
    sessions = [checkout(owner, "try_it_out", code="SPRING-27").json()["id"] for owner in owners]
    stripe_sandbox.hold_events = True
    for session in sessions:
        stripe_sandbox.expire_checkout(session)
    with stripe_sandbox.store() as stripe:
        whole = dict(stripe.get("checkout.session", sessions[0]))
        stripe.get("checkout.session", sessions[0])["expires_at"] = "soon"
    assert discount_redemptions.release_lapsed(clock.now() + timedelta(days=3)) == 2
    assert count_uses() == (1, ["released", "released", "reserved"])
    with stripe_sandbox.store() as stripe:
        stripe.get("checkout.session", sessions[0]).update(whole)
    assert discount_redemptions.release_lapsed(clock.now() + timedelta(days=3)) == 1, "it is found once it is mended"


@pytest.mark.parametrize("order", list(permutations(["pay", "release", "lapse"])))
def test_a_paid_use_counts_once_in_any_order_of_events(
    member: Owner,
    code: Code,
    checkout: Checkout,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    order: tuple[str, ...],
) -> None:
    code(max_uses=1)
    started = checkout(member, "try_it_out", code="SPRING-27").json()["id"]
    (use,) = DiscountUsage.scan()
    for step in (*order, *order):
        if step == "pay" and not payments():
            stripe_sandbox.complete_checkout(started)
        elif step == "release":
            discount_redemptions.release(use.code, use.redemption, started)
        else:
            discount_redemptions.release_lapsed(clock.now() + timedelta(days=3))
        assert drain() == []
        count_uses()
    assert count_uses() == (1, ["redeemed"])


@pytest.mark.parametrize("delivered", ["late", "replayed", "after a crash"])
def test_the_expiry_of_an_earlier_checkout_keeps_the_use_of_the_next(
    api: httpx2.Client,
    member: Owner,
    code: Code,
    checkout: Checkout,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
    delivered: str,
) -> None:
    code(max_uses=1)
    first = checkout(member, "try_it_out", code="SPRING-27").json()["id"]
    stripe_sandbox.hold_events = True
    stripe_sandbox.expire_checkout(first)
    ended = of_type(stripe_sandbox.held(), "checkout.session.expired")
    if delivered == "late":
        assert discount_redemptions.release_lapsed(clock.now() + timedelta(days=3)) == 1, (
            "the schedule asked Stripe first"
        )
    elif delivered == "replayed":
        stripe_sandbox.deliver([ended])
        assert drain() == []
    else:
        with monkeypatch.context() as dying:
            dying.setattr(
                stripe_events,
                "mark_finished",
                lambda *_: (_ for _ in ()).throw(SystemError("died before it was noted")),
            )
            stripe_sandbox.deliver([ended])
            drain()
    assert count_uses() == (0, ["released"])
    second = checkout(member, "try_it_out", code="SPRING-27").json()["id"]
    if delivered == "replayed":
        replayed = api.post(f"/v1/operator/billing/events/{ended['id']}/replay", headers=operator())
        assert replayed.status_code == 202
    else:
        stripe_sandbox.deliver([ended])
    assert drain() == []
    assert count_uses() == (1, ["reserved"])
    assert checkout(make_owner(Role.MEMBER), "try_it_out", code="SPRING-27").status_code == 422
    stripe_sandbox.hold_events = False
    stripe_sandbox.complete_checkout(second)
    assert drain() == []
    assert count_uses() == (1, ["redeemed"])


def test_a_stale_read_of_the_schedule_keeps_a_new_reservation(member: Owner, code: Code, checkout: Checkout) -> None:
    """The schedule read an expired use; the owner has reserved it again since then."""
    code(max_uses=1)
    plan = plans.find("try_it_out")
    assert plan is not None
    seen = discount_redemptions.reserve("SPRING-27", PlanPurchase(OwnerType.MEMBER, member.id, plan, Decimal(30))).usage
    discount_redemptions.give_up(seen)
    assert count_uses() == (0, ["released"])
    discount_redemptions.reserve("SPRING-27", PlanPurchase(OwnerType.MEMBER, member.id, plan, Decimal(30)))
    discount_redemptions.give_up(seen)
    assert count_uses() == (1, ["reserved"])


def test_a_refused_session_releases_its_use_at_once(
    api: httpx2.Client, member: Owner, code: Code, checkout: Checkout
) -> None:
    created = code()
    assert created["code"] == "SPRING-27"
    row = DiscountCode.get("SPRING-27")
    row.update(actions=[DiscountCode.stripe_promotion_code_id.set("promo_unknown")])
    assert checkout(member, "try_it_out", code="SPRING-27").status_code >= 400
    assert count_uses() == (0, ["released"])


def test_fifty_concurrent_checkouts_redeem_a_limit_of_one_once(code: Code, checkout: Checkout) -> None:
    code(max_uses=1)
    buyers = [make_owner(Role.MEMBER) for _ in range(50)]

    def begin(buyer: Owner) -> int:
        for _ in range(20):
            status = checkout(buyer, "try_it_out", code="SPRING-27").status_code
            if status != 503:
                return status
        return 503

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(begin, buyers))
    assert (answers.count(201), answers.count(422)) == (1, 49)
    assert count_uses() == (1, ["reserved"])


def test_processes_together_do_not_exceed_the_limit(member: Owner, code: Code) -> None:
    code(max_uses=3)
    command = [sys.executable, "-m", "tests.billing.service.concurrent_reservations", "SPRING-27"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, **pipes) for _ in range(4)]
    answers = [line for worker in workers for line in worker.communicate(timeout=LIMIT)[0].split()]
    assert (answers.count("reserved"), answers.count("refused")) == (3, 17)
    assert count_uses()[0] == 3


def test_the_limit_per_owner_is_enforced(
    member: Owner, code: Code, checkout: Checkout, stripe_sandbox: StripeSandbox
) -> None:
    code(max_uses_per_user=2)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: checkout(member, "try_it_out", code="SPRING-27").status_code, range(6)))
    assert answers.count(201) == 2
    assert set(answers) <= {201, 422, 503}
    assert count_uses() == (2, ["reserved", "reserved"])


def test_a_crashed_checkout_is_completed_with_its_key(
    member: Owner,
    code: Code,
    checkout: Checkout,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stripe has created the session, and it is not stored here."""
    code(max_uses=1)

    def die(*_: Any) -> None:
        raise SystemError("died")

    with monkeypatch.context() as dying:
        dying.setattr(discount_redemptions, "note_session", die)
        assert checkout(member, "try_it_out", key="mine", code="SPRING-27").status_code == 500
    assert checkout(member, "try_it_out", key="another", code="SPRING-27").status_code == 422
    started = checkout(member, "try_it_out", key="mine", code="SPRING-27")
    assert started.status_code == 201, started.text
    assert count_uses() == (1, ["reserved"])
    with stripe_sandbox.store() as stripe:
        assert [session["id"] for session in stripe.all("checkout.session")] == [started.json()["id"]]
    stripe_sandbox.complete_checkout(started.json()["id"])
    assert drain() == []
    assert count_uses() == (1, ["redeemed"])


def test_a_forever_code_also_reduces_later_payments(
    member: Owner,
    code: Code,
    checkout: Checkout,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Callable[..., list[Json]],
) -> None:
    code(duration="repeating", duration_months=2)
    started = checkout(member, "try_it_out", code="SPRING-27").json()["id"]
    events = stripe_sandbox.complete_checkout(started)
    assert of_type(events, "checkout.session.completed")["data"]["object"]["total_details"]["amount_discount"] == 750
    pass_time(days=63)
    assert drain() == []
    assert sorted(payment.amount for payment in payments()) == [Decimal("22.5"), Decimal("22.5"), Decimal(30)]
    assert {use.status for use in DiscountUsage.scan()} == {RedemptionStatus.REDEEMED}
