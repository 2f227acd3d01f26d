"""One-time purchases are granted once, after payment, for any events."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import permutations
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import AddonStatus, EntryType, PaymentKind, PaymentStatus
from chalicelib.billing.models import UserAddon
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, of_type, payments

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
TOLD_BY = ("checkout.session.completed", "payment_intent.succeeded")


def test_bought_credits_are_in_the_ledger_and_do_not_expire(member: Owner, buy: Buy) -> None:
    buy(member, credit_pack="credits_200")
    (payment,), (entry,) = payments(), entries()
    assert (payment.kind, payment.status, payment.amount) == (PaymentKind.CREDITS, PaymentStatus.COMPLETED, Decimal(18))
    assert (payment.item, payment.credits, payment.owner_id) == ("credits_200", 200, member.id)
    assert (entry.entry_type, entry.amount) == (EntryType.PURCHASE, 200)
    assert entry.attribute_values.get("expires_at") is None
    assert entry.payment_transaction_id == payment.id
    assert balances() == {member.relationship_id: 200}
    ledger_sums()


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
@pytest.mark.parametrize("order", [*permutations(TOLD_BY), *((kind,) for kind in TOLD_BY)])
def test_credits_are_granted_once_for_any_first_or_only_event(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, order: tuple[str, ...], version: str
) -> None:
    events = events_of(member, None, credit_pack="credits_50")
    for kind in (*order, *order):
        stripe_sandbox.deliver([of_type(events, kind)], api_version=version)
        assert drain() == []
    assert (len(payments()), len(entries()), balances()) == (1, 1, {member.relationship_id: 50})


def test_an_unpaid_checkout_grants_nothing(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """A payment that takes days (a bank debit) completes the checkout first."""
    events = events_of(member, None, credit_pack="credits_50")
    completed = of_type(events, "checkout.session.completed")
    unpaid = completed["data"]["object"] | {"payment_status": "unpaid"}
    stripe_sandbox.deliver([completed | {"data": {"object": unpaid}}])
    assert drain() == []
    assert (payments(), balances()) == ([], {})
    later = completed | {"id": "evt_later", "type": "checkout.session.async_payment_succeeded"}
    with stripe_sandbox.store() as stripe:
        stripe._data["events"]["evt_later"] = later
    stripe_sandbox.deliver([later])
    assert drain() == []
    assert balances() == {member.relationship_id: 50}


def test_a_declined_payment_is_stored_and_grants_nothing(
    api: httpx2.Client, member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member, None, credit_pack="credits_50")
    intent_id = of_type(events, "payment_intent.succeeded")["data"]["object"]["id"]
    with stripe_sandbox.store() as stripe:
        intent = stripe.get("payment_intent", intent_id)
        error = {"code": "card_declined", "decline_code": "insufficient_funds"}
        intent |= {"status": "requires_payment_method", "last_payment_error": error}
        stripe.emit("payment_intent.payment_failed", intent)
    stripe_sandbox.drain()
    assert drain() == []
    listed = api.get("/v1/billing/payments", headers=member.headers).json()["items"][0]
    assert (listed["status"], listed["failure_reason"], listed["amount"]) == ("failed", "insufficient_funds", "5.00")
    assert balances() == {}


def test_a_one_time_addon_belongs_to_its_buyer(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    buy(member, addon="coaching_session")
    (mine,) = api.get("/v1/billing/addons/mine", headers=member.headers).json()["items"]
    assert (mine["addon_id"], mine["status"], mine["expires_at"]) == ("coaching_session", "active", None)
    (payment,), (row,) = payments(), UserAddon.scan()
    assert (payment.kind, payment.amount) == (PaymentKind.ADDON, Decimal(79))
    assert (row.payment_transaction_id, row.status) == (payment.id, AddonStatus.ACTIVE)
    refused = api.post(f"/v1/billing/addons/mine/{mine['id']}/cancel", headers=member.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "AddonNotCancelable")


@pytest.mark.parametrize(
    ("order", "status", "path"),
    [
        ({"plan": "try_it_out", "addon": "surprise_box"}, 422, "body"),
        ({}, 422, "body"),
        ({"addon": "no_such"}, 422, "body.addon"),
        ({"credit_pack": "no_such"}, 422, "body.credit_pack"),
        ({"addon": "surprise_box", "billing_cycle": "monthly"}, 422, "body"),
    ],
)
def test_an_invalid_item_is_refused_with_its_field(
    member: Owner, checkout: Callable[..., httpx2.Response], order: Json, status: int, path: str
) -> None:
    answer = checkout(member, order.pop("plan", None), **order)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["path"] == path


def test_stores_cannot_buy_credits_or_addons(store: Owner, checkout: Callable[..., httpx2.Response]) -> None:
    for order in ({"addon": "surprise_box"}, {"credit_pack": "credits_50"}):
        assert checkout(store, None, **order).status_code == 422


def test_an_owner_lists_only_the_own_payments_newest_first(
    api: httpx2.Client, member: Owner, store: Owner, buy: Buy
) -> None:
    buy(member, credit_pack="credits_50")
    buy(member, addon="coaching_session")
    listed = api.get("/v1/billing/payments", headers=member.headers).json()["items"]
    assert {payment["kind"] for payment in listed} == {"credits", "addon"}
    assert [payment["created_at"] for payment in listed] == sorted((p["created_at"] for p in listed), reverse=True)
    one = f"/v1/billing/payments/{listed[0]['id']}"
    assert api.get(one, headers=member.headers).json()["id"] == listed[0]["id"]
    assert api.get(one, headers=store.headers).status_code == 404
    assert api.get("/v1/billing/payments", headers=store.headers).json()["items"] == []
