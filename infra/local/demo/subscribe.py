"""Demo steps: a couple subscribes and receives credits."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.kit import ids
from infra.local.demo.world import World, Wrong, eventually


@dataclass
class Member:
    """A paying member. The demo registers it, in place of the member service."""

    id: str = field(default_factory=ids.new)
    relationship_id: str = field(default_factory=ids.new)

    @property
    def token(self) -> str:
        from chalicelib.kit import auth

        return auth.mint(auth.Role.MEMBER, self.id)


def checkout(world: World, member: Member) -> str:
    """Register the member, start a checkout, and pay it on Stripe's checkout page."""
    from chalicelib.billing import service

    email = f"{member.id[:8]}@example.com"
    service.register_customer("member", member.id, email, relationship_id=member.relationship_id)
    asked = {"plan": "better_together", "success_url": "https://example.com/ok", "cancel_url": "https://example.com/no"}
    begun = world.bearer(member.token, "POST", "/v1/billing/checkout", asked, expect=201)
    paid = world.sandbox(world.stripe, f"checkout/{begun['id']}/complete", email=email)
    return f"{len(paid['events'])} events from Stripe for {begun['id'][:12]}…"


def subscription(world: World, member: Member) -> str:
    """Wait until Stripe's events have created the subscription. Raises Wrong if it is not active."""

    def active() -> object:
        read = world.bearer(member.token, "GET", "/v1/billing/subscription")
        return read if read["has_access"] else None

    read = eventually(active, "a subscription that gives access")
    if read["plan_name"] != "better_together" or read["subscription"]["status"] != "active":
        raise Wrong(f"the subscription is {read}")
    return f"{read['plan_name']}, active until {read['subscription']['current_period_end'][:10]}"


def credit_grant(world: World, member: Member) -> str:
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
