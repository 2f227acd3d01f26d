"""Discounts, quantities, taxes, intervals and paused collection of the sandbox's subscriptions."""

from typing import Any

import pytest
import stripe

from infra.sandbox.stripe import OLD_API_VERSION, SANDBOX_SECRET_KEY, StripeSandbox

DAY = 24 * 3600
MONTH = 31 * DAY


@pytest.fixture
def client(stripe_sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)


def subscribe(client: stripe.StripeClient, sandbox: StripeSandbox, lines: list[Any], **rest: Any) -> Any:
    """Pay a checkout of lines (`unit_amount`, `quantity`, `interval`, `interval_count`); return the subscription."""
    items = [
        {
            "quantity": line.get("quantity", 1),
            "price_data": {
                "currency": "usd",
                "unit_amount": line["unit_amount"],
                "product_data": {"name": "A plan"},
                "recurring": {
                    "interval": line.get("interval", "month"),
                    "interval_count": line.get("interval_count", 1),
                },
            },
        }
        for line in lines
    ]
    params: Any = {"mode": "subscription", "success_url": "http://127.0.0.1:8000/done", "line_items": items, **rest}
    sandbox.complete_checkout(client.v1.checkout.sessions.create(params).id)
    return client.v1.subscriptions.list().data[0]


def totals(client: stripe.StripeClient) -> list[int]:
    """Return the totals of all invoices, oldest first."""
    return [invoice.total for invoice in reversed(client.v1.invoices.list({"limit": 100}).data)]


@pytest.mark.parametrize(
    ("coupon", "expected"),
    [
        ({"percent_off": 25, "duration": "forever"}, [1500, 1500, 1500, 1500]),
        ({"percent_off": 25, "duration": "once"}, [1500, 2000, 2000, 2000]),
        ({"percent_off": 25, "duration": "repeating", "duration_in_months": 2}, [1500, 1500, 2000, 2000]),
        ({"amount_off": 300, "currency": "usd", "duration": "forever"}, [1700, 1700, 1700, 1700]),
    ],
)
def test_a_coupon_reduces_the_invoices_of_its_duration(
    client: stripe.StripeClient, stripe_sandbox: StripeSandbox, coupon: Any, expected: list[int]
) -> None:
    made = client.v1.coupons.create(coupon)
    subscribe(client, stripe_sandbox, [{"unit_amount": 1000, "quantity": 2}], discounts=[{"coupon": made.id}])
    stripe_sandbox.advance(3 * MONTH)
    assert totals(client) == expected


def test_item_discounts_come_before_those_of_the_subscription(
    client: stripe.StripeClient, stripe_sandbox: StripeSandbox
) -> None:
    row = subscribe(client, stripe_sandbox, [{"unit_amount": 1000}, {"unit_amount": 3000}])
    half = client.v1.coupons.create({"percent_off": 50, "duration": "forever"})
    fixed = client.v1.coupons.create({"amount_off": 700, "currency": "usd", "duration": "forever"})
    item = row["items"].data[0].id
    client.v1.subscriptions.update(
        row.id, {"items": [{"id": item, "discounts": [{"coupon": half.id}]}], "discounts": [{"coupon": fixed.id}]}
    )
    stripe_sandbox.advance(MONTH)
    (invoice, *_) = client.v1.invoices.list().data
    assert (invoice.subtotal, invoice.total) == (4000, 4000 - 500 - 700)
    reductions = [[each.amount for each in line.discount_amounts or []] for line in invoice.lines.data]
    assert reductions == [[500, 100], [600]]
    client.v1.subscriptions.update(row.id, {"discounts": ""})
    assert client.v1.subscriptions.retrieve(row.id).discounts == []


def test_discounts_are_ids_until_a_call_expands_them(
    client: stripe.StripeClient, stripe_sandbox: StripeSandbox
) -> None:
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "repeating", "duration_in_months": 3})
    row = subscribe(client, stripe_sandbox, [{"unit_amount": 1000}], discounts=[{"coupon": coupon.id}])
    assert row.discounts == [id_ for id_ in row.discounts if str(id_).startswith("di_")]
    expanded: Any = client.v1.subscriptions.retrieve(row.id, {"expand": ["discounts.source.coupon"]}).discounts[0]
    assert (expanded.source.coupon.percent_off, expanded.end > expanded.start) == (10, True)
    before: Any = client.v1.subscriptions.retrieve(row.id, options={"stripe_version": OLD_API_VERSION})
    assert (before["discount"]["coupon"]["id"], "discounts" in before) == (coupon.id, False)
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        client.v1.subscriptions.retrieve(row.id, {"expand": ["items.data.discounts.source.coupon"]})
    items = client.v1.subscription_items.list({"subscription": row.id, "expand": ["data.discounts.source.coupon"]})
    assert [item.discounts for item in items.data] == [[]]


def test_an_exclusive_tax_is_added_after_discounts(client: stripe.StripeClient, stripe_sandbox: StripeSandbox) -> None:
    rate = client.v1.tax_rates.create({"display_name": "VAT", "inclusive": False, "percentage": 19})
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "forever"})
    subscribe(
        client,
        stripe_sandbox,
        [{"unit_amount": 1000}],
        discounts=[{"coupon": coupon.id}],
        subscription_data={"default_tax_rates": [rate.id]},
    )
    (invoice,) = client.v1.invoices.list().data
    assert (invoice.total_excluding_tax, invoice.total, invoice.amount_paid) == (900, 1071, 1071)
    assert [(tax.amount, tax.taxable_amount) for tax in invoice.total_taxes or []] == [(171, 900)]
    before: Any = client.v1.invoices.retrieve(invoice.id, options={"stripe_version": OLD_API_VERSION})
    assert (before["tax"], before["total_tax_amounts"][0]["inclusive"]) == (171, False)


@pytest.mark.parametrize(
    ("interval", "count", "days", "number"), [("day", 3, 9, 4), ("week", 2, 28, 3), ("month", 3, 100, 2)]
)
def test_a_subscription_renews_by_its_interval(
    client: stripe.StripeClient, stripe_sandbox: StripeSandbox, interval: str, count: int, days: int, number: int
) -> None:
    subscribe(client, stripe_sandbox, [{"unit_amount": 500, "interval": interval, "interval_count": count}])
    stripe_sandbox.advance(days * DAY)
    assert totals(client) == [500] * number


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_a_paused_collection_leaves_invoices_unpaid_until_it_resumes(
    client: stripe.StripeClient, stripe_sandbox: StripeSandbox, behavior: Any, status: str
) -> None:
    row = subscribe(client, stripe_sandbox, [{"unit_amount": 500}])
    resumes_at = stripe_sandbox.now + MONTH + DAY
    client.v1.subscriptions.update(row.id, {"pause_collection": {"behavior": behavior, "resumes_at": resumes_at}})
    stripe_sandbox.advance(2 * MONTH)
    statuses = [invoice.status for invoice in reversed(client.v1.invoices.list().data)]
    assert statuses == ["paid", status, "paid"]
    assert client.v1.subscriptions.retrieve(row.id).pause_collection is None
