"""Demo steps: a couple subscribes and receives credits."""

from __future__ import annotations

from typing import Any

from infra.local.demo.person import Person
from infra.local.demo.world import World, Wrong, eventually
from infra.local.environment import Plan
from infra.local.stack import fire


def checkout(world: World, member: Person) -> str:
    """Start a checkout, and pay it on Stripe's checkout page."""
    asked = {"plan": "better_together", "success_url": "https://example.com/ok", "cancel_url": "https://example.com/no"}
    begun = world.bearer(member.token, "POST", "/v1/billing/checkout", asked, expect=201)
    paid = world.sandbox(world.stripe, f"checkout/{begun['id']}/complete", email=member.email)
    return f"{len(paid['events'])} events from Stripe for {begun['id'][:12]}…"


def subscription(world: World, member: Person) -> str:
    """Wait until Stripe's events have created the subscription. Raises Wrong if it is not active."""

    def active() -> object:
        read = world.bearer(member.token, "GET", "/v1/billing/subscription")
        return read if read["has_access"] else None

    read = eventually(active, "a subscription that gives access")
    if read["plan_name"] != "better_together" or read["subscription"]["status"] != "active":
        raise Wrong(f"the subscription is {read}")
    return f"{read['plan_name']}, active until {read['subscription']['current_period_end'][:10]}"


def credit_grant(world: World, member: Person) -> str:
    """Wait for the credits, then redeliver the events five times, shuffled and in parallel.

    Raises Wrong if the credits are not granted exactly once.
    """

    def granted() -> int:
        return int(world.bearer(member.token, "GET", "/v1/billing/credits")["balance"])

    balance = eventually(granted, "credits granted")
    events = [event["id"] for event in world.stripe.get("/sandbox/events").json()["events"]]
    world.sandbox(world.stripe, "events/deliver", events=events[-12:], order="shuffled", copies=5, parallel=4)
    entries = world.bearer(member.token, "GET", "/v1/billing/credits/ledger")["items"]
    if granted() != balance or sum(entry["amount"] for entry in entries) != balance:
        raise Wrong(f"the balance changed from {balance} to {granted()}; the ledger contains {entries}")
    return f"{balance} credits, unchanged after five redeliveries of every event"


def recurring_revenue(world: World, plan: Plan, member: Person) -> str:
    """Run the hourly schedule and find the member among the new MRR of the day. Raises Wrong if it is no new MRR."""
    from chalicelib.analytics.models import RecurringRevenue
    from chalicelib.kit import auth

    customer, token = f"member/{member.id}", auth.mint(auth.Role.OPERATOR, "demo")
    eventually(lambda: list(RecurringRevenue.query(customer)), "the report of the subscription's MRR")
    fire(plan, "analytics-close_days")
    day = RecurringRevenue.query(customer).next().steps[0]["from"][:10]

    def movement() -> Any:
        path = f"/v1/operator/analytics/movements?scope=member&day={day}&limit=100"
        page = world.bearer(token, "GET", path)
        while True:
            for item in page["items"]:
                if item["customer"] == customer:
                    return item
            if not page.get("next_cursor"):
                return None
            page = world.bearer(token, "GET", f"{path}&cursor={page['next_cursor']}")

    moved = eventually(movement, "the movement of the member's MRR")
    if moved["kind"] != "new":
        raise Wrong(f"the movement is {moved}")
    return f"{moved['amount']} a month, new on {day}"
