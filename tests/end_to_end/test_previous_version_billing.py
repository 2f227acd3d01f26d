"""Stripe events, months, payments, gifts and codes of the version before continue, each once."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.billing.service import invariants
from tests.billing.conftest import ledger_sums, listen
from tests.end_to_end.previous_state import Clock, Drain, Previous, fire, folder, previous, sandboxes, time

__all__ = ["folder", "previous", "sandboxes", "time"]

Json = dict[str, Any]


def later(previous: Previous, time: Clock, drain: Drain, **by: int) -> list[Json]:
    """Let time pass here and at Stripe, and apply the events."""
    time.advance(**by)
    events = previous.stripe.advance(0)
    assert drain() == []
    return events


def ledger(previous: Previous, who: str) -> list[Json]:
    """A member's credit entries, the newest first."""
    items: list[Json] = previous.get(who, "/v1/billing/credits/ledger?limit=100")["items"]
    return items


def deliver(previous: Previous, drain: Drain, events: list[str], **changes: Any) -> None:
    """Have Stripe deliver events again."""
    rows = [previous.stripe.event(event) | changes for event in events]
    assert [each.status for each in previous.stripe.deliver(rows)] == [200] * len(rows)
    assert drain() == []


def test_a_pending_event_is_applied_when_stripe_delivers_it_again(previous: Previous, drain: Drain) -> None:
    assert previous.balance("eager") == 0
    deliver(previous, drain, previous.values["eager"]["events"])
    assert previous.balance("eager") == 50
    previous.move_messages()
    assert drain() == []
    assert previous.balance("eager") == 50
    assert len(ledger(previous, "eager")) == 1
    ledger_sums()


def test_a_pending_event_is_applied_from_its_old_message(previous: Previous, drain: Drain) -> None:
    previous.send("billing-apply")
    assert drain() == []
    assert previous.balance("eager") == 50


def test_an_applied_event_is_not_applied_again(previous: Previous, drain: Drain) -> None:
    before = ledger(previous, "monthly"), previous.get("monthly", "/v1/billing/subscription")
    deliver(previous, drain, previous.values["monthly"]["events"])
    assert (ledger(previous, "monthly"), previous.get("monthly", "/v1/billing/subscription")) == before


def test_a_month_that_was_granted_before_is_not_granted_again(previous: Previous, drain: Drain) -> None:
    """Stripe's list of events has another event of the same invoice."""
    before = ledger(previous, "monthly")
    (paid,) = (
        each for each in previous.values["monthly"]["events"] if previous.stripe.event(each)["type"] == "invoice.paid"
    )
    deliver(previous, drain, [paid], id="evt_of_the_same_invoice")
    assert ledger(previous, "monthly") == before
    assert previous.balance("monthly") == 20


def test_the_next_invoice_grants_its_month_once(previous: Previous, drain: Drain, time: Clock) -> None:
    events = later(previous, time, drain, days=31)
    assert [entry["amount"] for entry in ledger(previous, "monthly")] == [20, 20]
    paid = [each for each in events if each["type"] == "invoice.paid"]
    assert paid
    previous.stripe.deliver([each | {"id": f"{each['id']}_again"} for each in paid], order="shuffled", copies=2)
    assert drain() == []
    assert previous.balance("monthly") == 40
    ledger_sums()


def test_a_larger_plan_in_a_month_that_was_granted_before_brings_the_difference(
    previous: Previous, drain: Drain, time: Clock
) -> None:
    body = {"plan": "premium_plus", "billing_cycle": "annual"}
    changed = previous.call("monthly", "POST", "/v1/billing/subscription/change", body)
    assert changed.status_code == 200, changed.text
    previous.stripe.drain()
    assert drain() == []
    assert previous.balance("monthly") == 80
    ledger_sums()


@pytest.mark.parametrize("runs", [1, 3])
def test_the_months_of_a_yearly_plan_are_granted_from_the_old_watermark(
    previous: Previous, drain: Drain, time: Clock, runs: int
) -> None:
    before = len(ledger(previous, "yearly"))
    for _ in range(runs):
        time.advance(days=62 // runs)
        fire("billing-grant_monthly_credits", time.moment)
        assert drain() == []
    fire("billing-grant_monthly_credits", time.moment)
    entries = ledger(previous, "yearly")
    assert [entry["amount"] for entry in entries[: len(entries) - before]] == [40, 40]
    ledger_sums()


def test_a_notice_that_was_sent_before_is_not_sent_again(previous: Previous, drain: Drain, time: Clock) -> None:
    received = listen("billing-reminder_due")
    late = previous.values["late"]["id"]
    fire("billing-send_dunning_notices", time.advance(minutes=30))
    assert [each for each in received() if late in str(each)] == []
    for _ in range(3):
        fire("billing-send_dunning_notices", time.advance(days=1))
    assert len([each for each in received() if late in str(each)]) == 1


def test_a_refund_of_an_old_payment_takes_its_credits_back(previous: Previous, drain: Drain) -> None:
    assert previous.balance("packs") == 170
    payment = previous.values["packs"]["payment"]
    asked = previous.call("packs", "POST", f"/v1/billing/payments/{payment}/refunds", {"reason": "unused"})
    assert asked.status_code == 201, asked.text
    approved = previous.call("operator", "POST", f"/v1/operator/billing/refunds/{asked.json()['id']}/approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "completed"), approved.text
    previous.stripe.drain()
    assert drain() == []
    assert previous.balance("packs") == 0
    ledger_sums()


def test_a_requested_refund_is_approved(previous: Previous, drain: Drain) -> None:
    refund = previous.values["asking"]["refund"]
    approved = previous.call("operator", "POST", f"/v1/operator/billing/refunds/{refund['id']}/approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "completed"), approved.text
    previous.stripe.drain()
    assert drain() == []
    (payment,) = previous.get("asking", "/v1/billing/payments")["items"]
    assert payment["refunded_amount"] == "10.00"


@pytest.mark.parametrize(("status", "left"), [("won", 50), ("lost", 0)])
def test_an_open_dispute_is_closed(previous: Previous, drain: Drain, status: str, left: int) -> None:
    credits = previous.get("disputing", "/v1/billing/credits")
    assert (credits["balance"], credits["suspended"]) == (50, 50)
    previous.stripe.close_dispute(previous.values["disputing"]["dispute"], status)
    previous.stripe.drain()
    assert drain() == []
    credits = previous.get("disputing", "/v1/billing/credits")
    assert (credits["balance"], credits["suspended"]) == (left, 0)
    ledger_sums()


def test_a_paid_gift_is_redeemed_once(previous: Previous) -> None:
    body = {"code": previous.values["bea"]["code"]}
    redeemed = previous.call("bea", "POST", "/v1/billing/gifts/redeem", body)
    assert (redeemed.status_code, redeemed.json()["plan_name"]) == (200, "better_together"), redeemed.text
    assert previous.balance("bea") == 40
    assert previous.call("boxed", "POST", "/v1/billing/gifts/redeem", body).status_code in (404, 409, 422)
    assert previous.get("redeemer", "/v1/billing/subscription")["has_access"]
    ledger_sums()


def uses(previous: Previous) -> dict[str, str]:
    items = previous.get("operator", "/v1/operator/billing/codes/SPRING-27/uses")["items"]
    names = {previous.values[name]["id"]: name for name in ("thrifty", "hesitant")}
    return {names[item["user_id"]]: item["status"] for item in items}


def test_a_reserved_code_is_redeemed_by_its_checkout(previous: Previous, drain: Drain) -> None:
    assert uses(previous) == {"thrifty": "redeemed", "hesitant": "reserved"}
    previous.stripe.complete_checkout(previous.values["replays"]["checkout"]["answer"]["id"])
    assert drain() == []
    assert uses(previous) == {"thrifty": "redeemed", "hesitant": "redeemed"}
    (payment,) = previous.get("hesitant", "/v1/billing/payments")["items"]
    assert payment["amount"] == "180.00"


def test_a_reservation_that_expires_is_released(previous: Previous, drain: Drain, time: Clock) -> None:
    later(previous, time, drain, days=2)
    fire("billing-release_reservations", time.moment)
    assert drain() == []
    assert uses(previous)["hesitant"] == "released"
    assert previous.get("operator", "/v1/operator/billing/codes/SPRING-27")["times_used"] == 1


def test_an_addon_is_canceled(previous: Previous, drain: Drain) -> None:
    (addon,) = previous.get("boxed", "/v1/billing/addons/mine")["items"]
    canceled = previous.call("boxed", "POST", f"/v1/billing/addons/mine/{addon['id']}/cancel")
    assert canceled.status_code == 200, canceled.text
    previous.stripe.drain()
    assert drain() == []


def test_a_trial_of_a_store_becomes_a_paid_month(previous: Previous, drain: Drain, time: Clock) -> None:
    assert previous.get("store", "/v1/billing/subscription")["subscription"]["status"] == "trialing"
    later(previous, time, drain, days=15)
    assert previous.get("store", "/v1/billing/subscription")["subscription"]["status"] == "active"
    assert len(previous.get("store", "/v1/billing/payments")["items"]) == 1


def test_the_invariants_hold_after_every_event_is_applied(previous: Previous, drain: Drain, time: Clock) -> None:
    previous.move_messages()
    assert drain() == []
    later(previous, time, drain, days=40)
    fire("billing-grant_monthly_credits", time.moment)
    assert list(invariants.check(time.now())) == []
    ledger_sums()
