"""Stripe subscriptions and invoices in both shapes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.event_order import Decision, decide
from chalicelib.billing.domain.payment_parts import PaymentPart
from chalicelib.billing.enums import PaymentStatus, SubscriptionStatus
from chalicelib.billing.stripe_objects.invoices import parse_invoice, parse_parts
from chalicelib.billing.stripe_objects.payment_intents import parse_payment_intent
from chalicelib.billing.stripe_objects.subscriptions import parse_snapshot, parse_subscription, with_items
from tests.billing.stripe_objects import factories
from tests.billing.stripe_objects.factories import END, START


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_the_parts_are_the_payments_through_stripe_that_succeeded() -> None:
    def payment(id_: str, status: str, amount: int | None, **of: str) -> dict[str, Any]:
        return {"id": id_, "status": status, "amount_paid": amount, "created": int(id_), "payment": of}

    outside = payment("4", "paid", 100, type="payment_record", payment_record="pr_1")
    rows = [
        outside,
        payment("3", "paid", 1_500, type="charge", charge="ch_3"),
        payment("2", "canceled", None, type="payment_intent", payment_intent="pi_2"),
        payment("1", "paid", 1_400, type="payment_intent", payment_intent="pi_1"),
    ]
    parts = parse_parts(rows, "usd")
    assert parts == (PaymentPart("pi_1", None, Decimal(14)), PaymentPart(None, "ch_3", Decimal(15)))
    assert parse_parts([outside], "usd") == ()
    assert parse_parts([payment("1", "paid", None, payment_intent="pi_1")], "usd") is None


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"status": "trialing", "trial_end": END},
        {"status": "canceled", "canceled_at": START + 5, "ended_at": START + 6},
        {"cancel_at_period_end": True, "canceled_at": START + 5},
        {"customer": {"id": "cus_1", "object": "customer"}},
    ],
)
def test_both_shapes_of_a_subscription_are_equal(facts: dict[str, Any]) -> None:
    new, old = (parse_subscription(factories.subscription(shape, **facts)) for shape in (True, False))
    assert new == old
    assert new.customer_id == "cus_1"
    assert (new.items[0].period_start, new.items[0].period_end) == (moment(START), moment(END))
    assert (new.items[0].amount, new.items[0].currency) == (Decimal("30.00"), "USD")


@pytest.mark.parametrize("status", list(SubscriptionStatus))
def test_the_status_of_stripe_is_kept_unchanged(status: SubscriptionStatus) -> None:
    assert parse_subscription(factories.subscription(status=status.value)).status is status


def test_a_date_of_cancellation_at_the_period_s_end_counts_as_the_flag() -> None:
    assert parse_subscription(factories.subscription(cancel_at=END)).cancel_at_period_end
    assert not parse_subscription(factories.subscription(cancel_at=END + 1)).cancel_at_period_end


def test_a_price_in_tiers_has_no_amount() -> None:
    tiers = factories.price() | {"unit_amount": None, "unit_amount_decimal": None}
    assert parse_subscription(factories.subscription(items=[tiers])).items[0].amount is None


def test_both_shapes_of_a_paid_invoice_are_equal() -> None:
    new, old = (parse_invoice(factories.invoice(shape)) for shape in (True, False))
    assert replace(old, charge_id=None) == new
    assert (new.status, new.amount, new.subscription_id) == (PaymentStatus.COMPLETED, Decimal("30.00"), "sub_1")
    assert (new.payment_intent_id, old.charge_id, new.paid_at) == ("pi_1", "ch_1", moment(START + 90))
    (line,) = new.lines
    assert (line.price_id, line.is_subscription, line.is_proration) == ("price_1", True, False)


@pytest.mark.parametrize("new", [True, False])
def test_prorations_and_other_sales_are_recognized_by_their_lines(new: bool) -> None:
    lines = [factories.line(new, proration=True), factories.line(new, of_subscription=False)]
    first, second = parse_invoice(factories.invoice(new, lines)).lines
    assert (first.is_proration, second.is_proration) == (True, False)
    assert (first.is_subscription, second.is_subscription) == (True, False)


@pytest.mark.parametrize("new", [True, False])
def test_the_difference_of_a_change_bills_no_period(new: bool) -> None:
    change = factories.line(new, proration=True)
    assert parse_invoice(factories.invoice(new, [change])).period_end is None
    assert parse_invoice(factories.invoice(new, [change, factories.line(new)])).period_end == moment(END)


def test_a_webhook_s_invoice_of_the_newer_shape_names_no_payment() -> None:
    body = factories.invoice()
    del body["payments"]
    assert not parse_invoice(body).is_linked


def test_the_successful_one_of_several_payments_counts() -> None:
    body = factories.invoice()
    (paid,) = body["payments"]["data"]
    failed = paid | {"status": "canceled", "created": START + 99, "payment": {"payment_intent": "pi_0"}}
    body["payments"]["data"] = [failed, paid]
    assert parse_invoice(body).payment_intent_id == "pi_1"


def test_a_failed_payment_has_a_reason() -> None:
    error = {"code": "card_declined", "decline_code": "insufficient_funds"}
    intent = {"id": "pi_1", "object": "payment_intent", "latest_charge": "ch_9", "last_payment_error": error}
    view = parse_invoice(factories.invoice(status="open", intent=intent))
    assert (view.status, view.failure_reason) == (PaymentStatus.FAILED, "insufficient_funds")
    assert (view.payment_intent_id, view.charge_id, view.amount) == ("pi_1", "ch_9", Decimal("30.00"))


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (None, (PaymentStatus.PENDING, None)),
        ({"status": "requires_payment_method", "last_payment_error": None}, (PaymentStatus.PENDING, None)),
        ({"status": "processing", "last_payment_error": None}, (PaymentStatus.PENDING, None)),
        (
            {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}},
            (PaymentStatus.FAILED, "card_declined"),
        ),
    ],
)
def test_an_open_invoice_that_is_partly_paid_has_failed_only_if_the_rest_has(rest: Any, expected: Any) -> None:
    body = factories.invoice(status="open", amount_paid=1_400, intent={"id": "pi_1", "last_payment_error": None})
    (paid,) = body["payments"]["data"]
    paid["status"] = "paid"
    if rest is not None:
        intent = {"id": "pi_2", "object": "payment_intent", **rest}
        body["payments"]["data"].append(
            paid | {"id": "inpay_2", "status": "open", "created": START + 9, "payment": {"payment_intent": intent}}
        )
    parsed = parse_invoice(body)
    assert (parsed.status, parsed.failure_reason, parsed.is_owed) == (*expected, True)


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("status", ["open", "uncollectible"])
def test_an_attempted_payment_is_pending_while_a_debit_is_processing(status: str, new: bool) -> None:
    declined = {"code": "card_declined", "decline_code": "insufficient_funds"}
    intent = {"id": "pi_1", "object": "payment_intent", "status": "processing", "last_payment_error": declined}
    view = parse_invoice(factories.invoice(new, status=status, intent=intent))
    assert (view.status, view.is_processing, view.failure_reason) == (PaymentStatus.PENDING, True, None)


def test_a_partly_paid_invoice_is_pending_while_a_debit_of_the_rest_is_processing() -> None:
    body = factories.invoice(status="open", intent={"id": "pi_2", "status": "processing"})
    (waiting,) = body["payments"]["data"]
    paid = {"status": "paid", "payment": {"payment_intent": {"id": "pi_1", "status": "succeeded"}}}
    body["payments"]["data"] = [waiting, waiting | paid]
    view = parse_invoice(body)
    assert (view.status, view.is_processing) == (PaymentStatus.PENDING, True)


def test_a_purchase_is_pending_while_a_debit_is_processing() -> None:
    intent = {"id": "pi_1", "amount": 100, "currency": "usd", "created": START, "status": "processing"}
    view = parse_payment_intent(intent | {"last_payment_error": {"code": "card_declined"}})
    assert (view.status, view.failure_reason) == (PaymentStatus.PENDING, None)


def test_a_canceled_attempt_does_not_replace_the_open_payment() -> None:
    body = factories.invoice(status="open", intent={"id": "pi_1", "status": "processing"})
    (waiting,) = body["payments"]["data"]
    canceled = {"status": "canceled", "created": START + 99, "payment": {"payment_intent": {"id": "pi_0"}}}
    body["payments"]["data"] = [waiting | canceled, waiting]
    assert parse_invoice(body).payment_intent_id == "pi_1"


def test_a_price_in_several_currencies_has_the_amount_in_the_subscription_s_currency() -> None:
    options = {"eur": {"unit_amount": 2800, "unit_amount_decimal": "2800"}}
    (known,) = parse_subscription(
        factories.subscription(items=[factories.price() | {"currency_options": options}], currency="eur")
    ).items
    (unknown,) = parse_subscription(factories.subscription(currency="eur")).items
    assert (known.currency, known.amount) == ("EUR", Decimal("28.00"))
    assert (unknown.currency, unknown.amount) == ("EUR", None)


def test_an_ended_subscription_with_more_items_is_fetched() -> None:
    body = factories.subscription(status="canceled")
    assert parse_snapshot(body).final is not None
    body["items"]["has_more"] = True
    assert parse_snapshot(body).final is None
    whole = with_items(body, [*body["items"]["data"], *body["items"]["data"]])
    assert len(parse_subscription(whole).items) == 2
    assert not parse_subscription(whole).has_more_items


@pytest.mark.parametrize(
    ("status", "attempted", "expected"),
    [
        ("draft", False, PaymentStatus.PENDING),
        ("open", False, PaymentStatus.PENDING),
        ("open", True, PaymentStatus.FAILED),
        ("uncollectible", True, PaymentStatus.FAILED),
        ("void", False, PaymentStatus.FAILED),
    ],
)
def test_the_status_of_an_unpaid_invoice(status: str, attempted: bool, expected: PaymentStatus) -> None:
    assert parse_invoice(factories.invoice(status=status, attempted=attempted)).status is expected


def test_amounts_follow_the_currency() -> None:
    assert parse_invoice(factories.invoice(currency="jpy")).amount == Decimal(3000)
    assert parse_invoice(factories.invoice(currency="kwd")).amount == Decimal(3)


SECOND = timedelta(seconds=1)
histories = st.tuples(
    st.lists(st.sampled_from(["trialing", "active", "past_due", "unpaid", "paused"]), min_size=1, max_size=6),
    st.sampled_from([None, "canceled", "incomplete_expired"]),
    st.lists(st.integers(min_value=0, max_value=2), min_size=7, max_size=7),
)


@given(histories, st.data())
def test_any_order_of_a_subscription_s_events_ends_in_its_last_state(
    history: tuple[list[str], str | None, list[int]], data: st.DataObject
) -> None:
    """Events arrive shuffled and twice while the state at Stripe changes; several share a second."""
    open_states, end, gaps = history
    states = [SubscriptionStatus(state) for state in [*open_states, *([end] if end else [])]]
    at = [moment(START + sum(gaps[: n + 1])) for n in range(len(states))]
    deliveries = data.draw(st.permutations([*range(len(states)), *range(len(states))]))
    stripe_is_at = 0
    status: SubscriptionStatus | None = None
    applied: datetime | None = None
    for number in deliveries:
        stripe_is_at = data.draw(st.integers(min_value=max(stripe_is_at, number), max_value=len(states) - 1))
        decision = decide(states[number].is_final, at[number], status, applied)
        if decision is not Decision.KEEP:
            status = states[number] if decision is Decision.APPLY else states[stripe_is_at]
            applied = max(at[number], applied or at[number])
    assert status is states[-1]
    assert applied == at[-1]


def test_the_later_of_two_final_states_counts_unless_they_share_a_second() -> None:
    at = moment(START)
    ended = SubscriptionStatus.CANCELED
    assert decide(True, at + SECOND, ended, at) is Decision.APPLY
    assert decide(True, at, ended, at) is Decision.KEEP
    assert decide(True, at - SECOND, ended, at) is Decision.KEEP
    assert decide(True, at - SECOND, SubscriptionStatus.ACTIVE, at) is Decision.APPLY
    assert decide(False, at + SECOND, ended, at) is Decision.KEEP
