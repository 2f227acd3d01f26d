"""The maximum cost of applying each type of event: docs/billing-events.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.service.sync import event_handlers, intake
from infra.bench.round_trips import Meter, metered
from infra.docs.events_page import EVENTS
from infra.sandbox.server import Request, Response
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner

Cost = tuple[int, int, int]
SPREAD = {
    "customer.subscription.updated": ("customer.subscription.paused", "customer.subscription.resumed"),
    "invoice.finalized": ("invoice.voided",),
    "checkout.session.completed": ("checkout.session.async_payment_succeeded",),
    "checkout.session.expired": ("checkout.session.async_payment_failed",),
    "charge.dispute.created": (
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    ),
}
"""Types that the sandbox does not send, with a type of the same object."""


@pytest.fixture
def lives(
    member: Owner, store: Owner, checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox
) -> list[Json]:
    """Return the events of subscriptions with all types, in Stripe's order, without delivering them."""
    stripe_sandbox.hold_events = True

    def buy(owner: Owner, plan: str | None = None, **wanted: Any) -> None:
        stripe_sandbox.complete_checkout(checkout(owner, plan, **wanted).json()["id"])

    buy(member, "try_it_out")
    buy(member, credit_pack="credits_200")
    buy(store, "starter")  # on trial
    stripe_sandbox.advance(20 * 86_400)
    with stripe_sandbox.store() as stripe:
        charges = {row["amount"]: row["id"] for row in stripe.all("charge")}
        (customer, *_) = [row["customer"] for row in stripe.all("charge") if row["amount"] == 3000]
    key = {"Authorization": "Bearer sk_test_sandbox_of_no_real_account"}
    refund = httpx2.post(
        f"{stripe_sandbox.url}/v1/refunds", data={"charge": charges[1800], "amount": "900"}, headers=key
    )
    stripe_sandbox.settle_refund(refund.json()["id"], "failed")
    httpx2.post(f"{stripe_sandbox.url}/v1/refunds", data={"charge": charges[3000]}, headers=key).raise_for_status()
    dispute = stripe_sandbox.open_dispute(charges[1800])
    stripe_sandbox.close_dispute(dispute["id"], "lost")
    stripe_sandbox.set_card(customer, declines=True)
    stripe_sandbox.advance(60 * 86_400)
    stripe_sandbox.expire_checkout(checkout(member, None, addon="surprise_box").json()["id"])
    httpx2.post(f"{stripe_sandbox.url}/v1/customers/{customer}", data={"name": "B"}, headers=key).raise_for_status()
    httpx2.delete(f"{stripe_sandbox.url}/v1/customers/{customer}", headers=key).raise_for_status()
    return stripe_sandbox.held()


@pytest.fixture
def applied(
    lives: list[Json], stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[Json]], dict[str, Cost]]:
    """Apply events one by one; return the maximum cost of each type."""
    fetched: list[str] = []
    handle = stripe_sandbox._api.handle

    def count(request: Request) -> Response:
        fetched.append(request.path)
        return handle(request)

    monkeypatch.setattr(stripe_sandbox._api, "handle", count)

    def apply(delivered: list[Json]) -> dict[str, Cost]:
        most: dict[str, Cost] = {}
        for event in delivered:
            stripe_sandbox.deliver([event])
            fetched.clear()
            with metered() as meter:
                intake.process_event(event["id"])
            cost = (len(fetched), meter.cost.reads, _transactions(meter))
            before = most.get(event["type"], (0, 0, 0))
            most[event["type"]] = (max(cost[0], before[0]), max(cost[1], before[1]), max(cost[2], before[2]))
        return most

    return apply


def _transactions(meter: Meter) -> int:
    return meter.calls["dynamodb.TransactWriteItems"]


def test_every_event_type_is_in_the_table() -> None:
    assert set(EVENTS) == set(event_handlers.HANDLERS)
    assert all((event.fetches, event.reads, event.transactions) <= (2, 4, 1) for event in EVENTS.values())


@pytest.mark.parametrize("order", [1, -1])
def test_no_event_exceeds_its_documented_cost(
    lives: list[Json], applied: Callable[[list[Json]], dict[str, Cost]], order: int
) -> None:
    delivered = [event for event in lives if event["type"] in EVENTS]
    delivered += [
        {**event, "id": f"{event['id']}_{kind}", "type": kind}
        for event in delivered
        for kind in SPREAD.get(event["type"], ())
    ]
    costs = applied(delivered[::order])
    assert costs.keys() == EVENTS.keys()
    over = {
        name: cost
        for name, cost in costs.items()
        if cost[0] > EVENTS[name].fetches or cost[1] > EVENTS[name].reads or cost[2] > EVENTS[name].transactions
    }
    assert over == {}
