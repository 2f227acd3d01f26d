"""Recount recurring revenue and payments from the sandbox's state, independently of billing, and compare messages."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.billing.models import SubscriptionAddon
from chalicelib.billing.repository.subscriptions import subscription_id_of
from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.stripe.store import Store
from tests.billing.conftest import payments

Json = dict[str, Any]
YEARLY = {"day": 365, "week": 52, "month": 12, "year": 1}
EARNING = ("trialing", "active", "past_due")
CLOSE = Decimal("0.000001")


def last_revenues(messages: Iterable[Json]) -> dict[str, Json]:
    """Return the last message of each subscription: a final one, else the one with the latest `as_of`."""
    last = dict[str, Json]()
    for message in messages:
        known = last.get(message["subscription_id"])
        if known is None or _revenue_order(message) > _revenue_order(known):
            last[message["subscription_id"]] = message
    return last


def last_payments(messages: Iterable[Json]) -> dict[str, Json]:
    """Return the message with the highest version of each payment."""
    last = dict[str, Json]()
    for message in messages:
        if message["payment_id"] not in last or message["version"] > last[message["payment_id"]]["version"]:
            last[message["payment_id"]] = message
    return last


def assert_revenues_equal(messages: list[Json], sandbox: StripeSandbox, dice: random.Random) -> None:
    """Assert that the last messages, in any order and repeated, give the revenue of each subscription at Stripe."""
    last = last_revenues(messages)
    repeated = [*messages, *messages]
    dice.shuffle(repeated)
    assert {id_: _content(row) for id_, row in last_revenues(repeated).items()} == {
        id_: _content(row) for id_, row in last.items()
    }
    with sandbox.store() as stripe:
        rows = stripe.all("subscription")
        assert last.keys() >= {subscription_id_of(row["id"]) for row in rows}
        for row in rows:
            _assert_revenue_equal(stripe, row, last[subscription_id_of(row["id"])])


def assert_payments_equal(messages: list[Json], sandbox: StripeSandbox, dice: random.Random) -> None:
    """Assert that the last messages, in any order and repeated, give the payments at Stripe."""
    last = last_payments(messages)
    repeated = [*messages, *messages]
    dice.shuffle(repeated)
    assert {id_: _content(row) for id_, row in last_payments(repeated).items()} == {
        id_: _content(row) for id_, row in last.items()
    }
    with sandbox.store() as stripe:
        refunds, disputes = stripe.all("refund"), stripe.all("dispute")
        bills = {row["id"]: row for row in stripe.all("invoice")}
    stored = {row.id: row for row in payments()}
    assert last.keys() == stored.keys()
    for id_, message in last.items():
        row, amount = stored[id_], Decimal(message["amount"])
        intent = row.stripe_payment_intent_id
        back = sum(each["amount"] for each in refunds if each["payment_intent"] == intent if _is_back(each))
        lost = sum(each["amount"] for each in disputes if each["payment_intent"] == intent if each["status"] == "lost")
        kept_back = sum(Decimal(each["amount"]) for each in message["refunds"] if each["reversed_at"] is None)
        assert kept_back == min(amount, Decimal(back + lost) / 100)
        assert (message["status"] == "refunded") is (kept_back == amount > 0)
        if row.stripe_invoice_id:
            bill = bills[row.stripe_invoice_id]
            taxes = sum(tax["amount"] for tax in bill["total_taxes"])
            share = Decimal(taxes) * amount / bill["total"] if taxes else Decimal(0)
            assert abs(Decimal(message["tax"]) - share) <= Decimal("0.01")
            assert amount * 100 == (bill["amount_paid"] if bill["status"] == "paid" else bill["amount_due"])
        assert (message["paid_at"] is not None) is (message["status"] in ("completed", "refunded"))


def _assert_revenue_equal(stripe: Store, row: Json, message: Json) -> None:
    is_final = row["status"] == "canceled"
    assert (message["status"], message["is_final"]) == (row["status"], is_final)
    steps = [(_seconds(step["from"]), Decimal(step["plan"]), Decimal(step["addons"])) for step in message["steps"]]
    assert steps[0][0] == _seconds(message["effective_at"])
    moments = {steps[0][0], *(at for at, _, _ in steps), *_ends(stripe, row)}
    for at in sorted(at for at in moments if at >= steps[0][0]):
        plan, addons = [(plan, addons) for begins_at, plan, addons in steps if begins_at <= at][-1]
        expected_plan, expected_addons = _monthly(stripe, row, at)
        assert abs(plan - expected_plan) < CLOSE
        assert abs(addons - expected_addons) < CLOSE


def _ends(stripe: Store, row: Json) -> list[float]:
    ends = [stripe.get("discount", id_)["end"] for id_ in _discounts(row)]
    return [float(at) for at in (*ends, row["trial_end"], row["cancel_at"]) if at]


def _monthly(stripe: Store, row: Json, at: float) -> tuple[Decimal, Decimal]:
    """Recount the monthly amounts in cents, item by item and discount by discount."""
    ends = max(item["current_period_end"] for item in row["items"]["data"])
    planned = row["cancel_at"] or (ends if row["cancel_at_period_end"] else None)
    is_off = row["status"] not in EARNING or row["pause_collection"] or (planned and at >= planned)
    if is_off or (row["status"] == "trialing" and at < row["trial_end"]):
        return Decimal(0), Decimal(0)
    left = {item["id"]: Decimal(item["price"]["unit_amount"] * item["quantity"]) / 100 for item in row["items"]["data"]}
    for item in row["items"]["data"]:
        for id_ in item["discounts"]:
            _take_off(stripe, id_, at, left, [item["id"]])
    for id_ in row["discounts"]:
        _take_off(stripe, id_, at, left, list(left))
    sums = {True: Decimal(0), False: Decimal(0)}
    prices = {addon.stripe_price_id for addon in SubscriptionAddon.scan()}
    for item in row["items"]["data"]:
        recurring = item["price"]["recurring"]
        monthly = left[item["id"]] * YEARLY[recurring["interval"]] / 12 / recurring["interval_count"]
        sums[item["price"]["id"] in prices] += monthly
    return sums[False], sums[True]


def _take_off(stripe: Store, id_: str, at: float, left: dict[str, Decimal], items: list[str]) -> None:
    row = stripe.get("discount", id_)
    coupon = stripe.get("coupon", row["source"]["coupon"])
    if coupon["duration"] == "once" or (row["end"] and at >= row["end"]):
        return
    whole = sum(left[item] for item in items)
    fixed = Decimal(coupon["amount_off"] or 0) / 100
    for item in items:
        off = left[item] * Decimal(str(coupon["percent_off"] or 0)) / 100
        left[item] -= off if coupon["percent_off"] else min(fixed, whole) * left[item] / (whole or 1)


def _discounts(row: Json) -> list[str]:
    return [*row["discounts"], *(id_ for item in row["items"]["data"] for id_ in item["discounts"])]


def _is_back(refund: Json) -> bool:
    return bool(refund["status"] == "succeeded")


def _revenue_order(message: Json) -> tuple[bool, datetime]:
    return message["is_final"], datetime.fromisoformat(message["as_of"])


def _content(message: Json) -> Json:
    """Return the message without what differs between two publications of the same state."""
    return {
        name: value for name, value in message.items() if name not in ("message_id", "occurred_at", "correlation_id")
    }


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
