"""Changes of plan and cycle, over HTTP and against the sandbox."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import httpx2
import pytest

from chalicelib.billing.domain import money
from chalicelib.kit import clock
from chalicelib.kit.models import IdempotencyRecord
from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.stripe.price_changes import DECLINING_METHOD
from tests.billing.conftest import Json, Owner, listen, payments
from tests.billing.subscription_factories import Ask, Drain, Subscribe, ask, at_stripe, backdated, sent, subscribe

__all__ = ["ask", "subscribe"]

YEARLY = {"plan": "professional", "billing_cycle": "annual"}


@pytest.mark.parametrize("verb", ["preview", "change"])
@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"plan": "starter", "billing_cycle": "monthly"}, "SamePlan", "body.plan"),
        ({"plan": "free", "billing_cycle": "monthly"}, "InvalidPlan", "body.billing_cycle"),
        ({"plan": "no_such_plan", "billing_cycle": "monthly"}, "InvalidPlan", "body.plan"),
        ({"plan": "better_together", "billing_cycle": "annual"}, "InvalidPlan", "body.plan"),
        ({"plan": "professional", "billing_cycle": "weekly"}, "InvalidInput", "body.billing_cycle"),
        ({"plan": "professional"}, "InvalidInput", "body.billing_cycle"),
        (YEARLY | {"amount": 1}, "InvalidInput", "body.amount"),
    ],
)
def test_an_invalid_change_is_refused_with_its_field(
    store: Owner, subscribe: Subscribe, ask: Ask, verb: str, body: Json, code: str, path: str
) -> None:
    subscribe(store, "starter")
    answer = ask(store, verb, **body)
    assert answer.status_code == (409 if code == "SamePlan" else 422)
    assert (answer.json()["code"], answer.json()["errors"][0]["path"]) == (code, path)


@pytest.mark.parametrize("verb", ["preview", "change"])
@pytest.mark.parametrize("status", ["past_due", "unpaid", "incomplete", "paused"])
def test_a_past_due_subscription_cannot_be_changed(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, verb: str, status: str
) -> None:
    """A credit for unpaid time would be a gift."""
    stripe_id = subscribe(store, "enterprise")
    with stripe_sandbox.store() as stripe:
        stripe.get("subscription", stripe_id)["status"] = status
    answer = ask(store, verb, **YEARLY)
    assert (answer.status_code, answer.json()["code"]) == (409, "PaymentOverdue")


@pytest.mark.parametrize("verb", ["preview", "change"])
def test_a_canceled_subscription_must_be_resumed_before_a_change(
    store: Owner, subscribe: Subscribe, ask: Ask, verb: str
) -> None:
    subscribe(store, "enterprise")
    ask(store, "cancel")
    answer = ask(store, verb, **YEARLY)
    assert (answer.status_code, answer.json()["code"]) == (409, "AlreadyCanceled")
    assert "resume" in answer.json()["detail"]


@pytest.mark.parametrize("verb", ["preview", "change"])
def test_a_change_is_refused_during_a_renewal(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, verb: str
) -> None:
    stripe_id = subscribe(store, "enterprise")
    with stripe_sandbox.store() as stripe:
        (item,) = stripe.get("subscription", stripe_id)["items"]["data"]
        item["current_period_end"] = int(clock.now().timestamp()) - 1
        item["current_period_start"] = item["current_period_end"] - 30 * 86_400
    answer = ask(store, verb, **YEARLY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize("offset", [timedelta(minutes=-11), timedelta(minutes=1), timedelta(days=-31)])
def test_an_expired_or_invalid_preview_is_not_charged(
    store: Owner,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    stopped_clock: datetime,
    offset: timedelta,
) -> None:
    path = f"/v1/subscriptions/{backdated(stripe_sandbox, subscribe(store, 'enterprise'))}"
    before = sent(stripe_sandbox, "POST", path)
    answer = ask(store, "change", **YEARLY, proration_date=clock.iso(stopped_clock + offset))
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidPreview")
    assert answer.json()["errors"][0]["path"] == "body.proration_date"
    assert sent(stripe_sandbox, "POST", path) == before


def test_a_preview_of_the_previous_period_is_refused(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    subscribe(store, "enterprise")
    answer = ask(store, "change", **YEARLY, proration_date=clock.iso(clock.now() - timedelta(minutes=5)))
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidPreview")


def change(
    ask: Ask, owner: Owner, plan: str, cycle: str, key: str | None = None, proration_date: str | None = None
) -> httpx2.Response:
    return ask(owner, "change", key, plan=plan, billing_cycle=cycle, proration_date=proration_date)


def previewed(ask: Ask, owner: Owner, plan: str, cycle: str) -> Json:
    answer = ask(owner, "preview", plan=plan, billing_cycle=cycle)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def invoices(stripe_sandbox: StripeSandbox, stripe_id: str) -> list[Json]:
    """Return Stripe's invoices of the subscription, newest first."""
    with stripe_sandbox.store() as stripe:
        return [
            dict(row)
            for row in stripe.all("invoice")
            if row["parent"]["subscription_details"]["subscription"] == stripe_id
        ]


def minor(amounts: list[str]) -> list[int]:
    return [money.to_minor(Decimal(amount), "USD") for amount in amounts]


@pytest.mark.parametrize("days", [0, 1, 10, 27])
def test_an_upgrade_is_billed_at_once_at_the_previewed_amount(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, drain: Drain, days: int
) -> None:
    stripe_id = backdated(stripe_sandbox, subscribe(store, "professional", billing_cycle="annual"), days)
    quoted = previewed(ask, store, "enterprise", "annual")
    answer = change(ask, store, "enterprise", "annual", proration_date=quoted["proration_date"])
    assert answer.status_code == 200, answer.text
    assert (answer.json()["plan_name"], answer.json()["price_annual"]) == ("enterprise", "3990.00")
    invoice, _ = invoices(stripe_sandbox, stripe_id)
    assert [line["amount"] for line in invoice["lines"]["data"]] == minor([line["amount"] for line in quoted["lines"]])
    assert [invoice["amount_paid"], invoice["total"]] == minor([quoted["amount_due"], quoted["total"]])
    assert [line["kind"] for line in quoted["lines"]] == ["unused", "remaining"]
    assert (quoted["is_billed_now"], quoted["due_at"]) == (True, quoted["proration_date"])
    assert (quoted["period_start"], quoted["period_end"]) == (
        answer.json()["current_period_start"],
        answer.json()["current_period_end"],
    )
    stripe_sandbox.drain()
    assert drain() == []
    assert Decimal(quoted["amount_due"]) in [payment.amount for payment in payments()]


def test_a_downgrade_is_credited_on_the_next_invoice(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    stripe_id = backdated(stripe_sandbox, subscribe(store, "enterprise"))
    quoted = previewed(ask, store, "professional", "monthly")
    assert Decimal(quoted["total"]) < 0
    assert not quoted["is_billed_now"]
    assert quoted["due_at"] == quoted["period_end"]
    answer = change(ask, store, "professional", "monthly", proration_date=quoted["proration_date"])
    assert (answer.status_code, answer.json()["plan_name"]) == (200, "professional")
    assert answer.json()["current_period_end"] == quoted["period_end"]
    assert len(invoices(stripe_sandbox, stripe_id)) == 1
    with stripe_sandbox.store() as stripe:
        waiting = [row["amount"] for row in reversed(stripe.all("invoiceitem")) if row["subscription"] == stripe_id]
    assert waiting == minor([line["amount"] for line in quoted["lines"]])
    assert Decimal(quoted["amount_due"]) == max(Decimal(0), Decimal("99.00") + Decimal(quoted["total"]))


@pytest.mark.parametrize(
    ("plan", "cycle", "to"), [("starter", "monthly", "annual"), ("enterprise", "annual", "monthly")]
)
def test_a_cycle_change_starts_a_period_at_the_full_price(
    store: Owner,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    plan: str,
    cycle: str,
    to: str,
) -> None:
    stripe_id = backdated(stripe_sandbox, subscribe(store, plan, billing_cycle=cycle))
    started = clock.now()
    quoted = previewed(ask, store, plan, to)
    answer = change(ask, store, plan, to, proration_date=quoted["proration_date"])
    took = clock.now() - started
    assert (answer.status_code, answer.json()["billing_cycle"]) == (200, to), answer.text
    invoice = invoices(stripe_sandbox, stripe_id)[0]
    assert [line["amount"] for line in invoice["lines"]["data"]] == minor([line["amount"] for line in quoted["lines"]])
    assert [invoice["amount_paid"], invoice["total"]] == minor([quoted["amount_due"], quoted["total"]])
    assert [line["kind"] for line in quoted["lines"]] == ["unused", "new_period"]
    late = clock.parse(answer.json()["current_period_end"]) - clock.parse(quoted["period_end"])
    assert timedelta(0) <= late <= took + timedelta(seconds=1), "Stripe's seconds are whole"


def test_the_unused_part_of_a_year_pays_for_later_months(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    """The invoice is negative: Stripe adds the amount to the customer balance instead of a refund."""
    stripe_id = subscribe(store, "enterprise", billing_cycle="annual")
    quoted = previewed(ask, store, "enterprise", "monthly")
    assert (quoted["is_billed_now"], quoted["amount_due"]) == (True, "0.00")
    change(ask, store, "enterprise", "monthly", proration_date=quoted["proration_date"])
    with stripe_sandbox.store() as stripe:
        customer = stripe.get("customer", stripe.get("subscription", stripe_id)["customer"])
    assert [customer["balance"]] == minor([quoted["total"]])
    upgrade = previewed(ask, store, "enterprise", "annual")
    assert Decimal(upgrade["amount_due"]) < Decimal(upgrade["total"])


def test_a_change_during_a_trial_charges_nothing_and_keeps_the_trial(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    stripe_id = subscribe(store, "starter", on_trial=True)
    ends = at_stripe(stripe_sandbox, stripe_id)["trial_end"]
    quoted = previewed(ask, store, "enterprise", "annual")
    assert (quoted["lines"], quoted["total"], quoted["is_billed_now"]) == ([], "0.00", False)
    assert (quoted["amount_due"], quoted["due_at"], clock.parse(quoted["due_at"]).timestamp()) == (
        "3990.00",
        quoted["period_end"],
        ends,
    )
    answer = change(ask, store, "enterprise", "annual", proration_date=quoted["proration_date"])
    assert (answer.status_code, answer.json()["status"]) == (200, "trialing"), answer.text
    assert (answer.json()["plan_name"], answer.json()["billing_cycle"]) == ("enterprise", "annual")
    assert clock.parse(answer.json()["current_period_end"]).timestamp() == ends
    assert [invoice["total"] for invoice in invoices(stripe_sandbox, stripe_id)] == [0]


def test_a_declined_upgrade_changes_nothing(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, api: httpx2.Client
) -> None:
    stripe_id = subscribe(store, "professional", billing_cycle="annual")
    with stripe_sandbox.store() as stripe:
        stripe.get("subscription", stripe_id)["default_payment_method"] = DECLINING_METHOD
    before = api.get("/v1/billing/subscription", headers=store.headers).json()
    answer = change(ask, store, "enterprise", "annual")
    assert (answer.status_code, answer.json()["code"]) == (402, "PaymentDeclined")
    assert api.get("/v1/billing/subscription", headers=store.headers).json() == before
    assert len(invoices(stripe_sandbox, stripe_id)) == 1
    assert at_stripe(stripe_sandbox, stripe_id)["items"]["data"][0]["price"]["unit_amount"] == 99000


def test_one_key_charges_once_and_returns_the_same_response(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox
) -> None:
    stripe_id, key = (
        backdated(stripe_sandbox, subscribe(store, "professional", billing_cycle="annual")),
        str(uuid.uuid4()),
    )
    first = change(ask, store, "enterprise", "annual", key)
    again = change(ask, store, "enterprise", "annual", key)
    assert (first.status_code, first.json()) == (200, again.json())
    for record in IdempotencyRecord.scan():
        record.delete()  # as if the process crashed after Stripe's change
    healed = change(ask, store, "enterprise", "annual", key)
    assert (healed.status_code, healed.json()) == (200, first.json())
    assert len(invoices(stripe_sandbox, stripe_id)) == 2
    other = change(ask, store, "enterprise", "annual", str(uuid.uuid4()))
    assert (other.status_code, other.json()["code"]) == (409, "SamePlan")
    conflict = change(ask, store, "starter", "annual", key)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "IdempotencyConflict")


def test_concurrent_changes_are_charged_once(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, api: httpx2.Client
) -> None:
    stripe_id = backdated(stripe_sandbox, subscribe(store, "professional", billing_cycle="annual"))
    with ThreadPoolExecutor(4) as clicks:
        answers = list(clicks.map(lambda _: change(ask, store, "enterprise", "annual"), range(4)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}
    assert len(invoices(stripe_sandbox, stripe_id)) == 2
    quoted = api.get("/v1/billing/subscription", headers=store.headers).json()
    assert quoted["plan_name"] == "enterprise"


def test_a_change_is_published_and_sets_the_limits_of_the_new_plan(
    store: Owner, subscribe: Subscribe, ask: Ask, api: httpx2.Client
) -> None:
    subscribe(store, "professional", billing_cycle="annual")
    receive = listen()
    change(ask, store, "enterprise", "annual")
    (message,) = receive()
    assert message["plan_name"] == "enterprise"
    assert message["limits"]["max_products"] == 100_000
    assert api.get("/v1/billing/subscription", headers=store.headers).json()["limits"] == message["limits"]


def test_a_preview_changes_nothing(store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox) -> None:
    stripe_id = subscribe(store, "enterprise")
    before = at_stripe(stripe_sandbox, stripe_id), invoices(stripe_sandbox, stripe_id), len(stripe_sandbox.events())
    for plan, cycle in (("professional", "monthly"), ("enterprise", "annual")):
        previewed(ask, store, plan, cycle)
    assert (
        at_stripe(stripe_sandbox, stripe_id),
        invoices(stripe_sandbox, stripe_id),
        len(stripe_sandbox.events()),
    ) == before


def test_seats_are_kept(store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox) -> None:
    """The quantity was raised in Stripe's dashboard."""
    stripe_id = backdated(stripe_sandbox, subscribe(store, "professional", billing_cycle="annual"))
    with stripe_sandbox.store() as stripe:
        stripe.get("subscription", stripe_id)["items"]["data"][0]["quantity"] = 3
    quoted = previewed(ask, store, "enterprise", "annual")
    change(ask, store, "enterprise", "annual", proration_date=quoted["proration_date"])
    assert at_stripe(stripe_sandbox, stripe_id)["items"]["data"][0]["quantity"] == 3
    assert [invoices(stripe_sandbox, stripe_id)[0]["total"]] == minor([quoted["total"]])
