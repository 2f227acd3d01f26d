"""A cycle change starts a new period at once: the rest of the old one is credited and grants no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.billing.enums import EntryType
from chalicelib.billing.models import MonthlyGrant
from chalicelib.billing.service import grant_schedule
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, of_type
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe

__all__ = ["ask", "subscribe"]

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]


def granted() -> list[int]:
    """Return the credits of each grant, oldest month first."""
    grants = sorted((entry.source_key, entry.amount) for entry in entries() if entry.entry_type is EntryType.GRANT)
    return [amount for _, amount in sorted((key.rpartition("/")[2], amount) for key, amount in grants)]


def test_a_replaced_year_grants_no_more_months(
    member: Owner,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    new_month: datetime,
    pass_time: Buy,
) -> None:
    """The month of the change already has the credits of the year: the smaller plan grants none."""
    subscribe(member, "better_together")
    pass_time(days=45)
    grant_schedule.grant_due_months(clock.now(), clock.now() - timedelta(days=45))
    assert granted() == [40, 40]
    assert ask(member, "change", plan="try_it_out", billing_cycle="monthly").status_code == 200
    stripe_sandbox.drain()
    for _ in range(3):
        assert drain() == []
        grant_schedule.grant_due_months(clock.now(), clock.now() - timedelta(days=31))
        pass_time(days=31)
    assert drain() == []
    assert granted() == [40, 40, 20, 20, 20]
    ledger_sums()


def granted_by_month() -> list[int]:
    """Return the credits of each calendar month, oldest first."""
    return [row.granted for row in sorted(MonthlyGrant.scan(), key=lambda row: row.month)]


@pytest.mark.parametrize("order", [1, -1])
def test_an_upgrade_on_the_day_of_purchase_grants_the_difference(
    member: Owner,
    events_of: Buy,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    new_month: datetime,
    order: int,
) -> None:
    """Two payments of one day open the same month: the larger one counts after any number of changes."""
    stripe_sandbox.deliver([of_type(events_of(member, "try_it_out"), "customer.subscription.created")])
    assert drain() == []
    stripe_sandbox.hold_events = True
    for plan, cycle in 2 * (("better_together", "annual"), ("try_it_out", "monthly"), ("premium_plus", "annual")):
        assert ask(member, "change", plan=plan, billing_cycle=cycle).status_code == 200
    stripe_sandbox.drain()
    for event in stripe_sandbox.held()[::order]:
        stripe_sandbox.deliver([event])
        assert drain() == []
    assert balances() == {member.relationship_id: 80}
    ledger_sums()


def test_late_schedules_and_events_grant_the_months_due_before_each_change(
    member: Owner,
    events_of: Buy,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    new_month: datetime,
    pass_time: Buy,
) -> None:
    """A year of 40, after 45 days a month of 20, after 25 more a year of 80. A calendar month has what was paid then:
    the second 40 by the first year, of which 20 came with the month that replaced it.
    """
    started = clock.now()
    events = events_of(member, "better_together")
    paid = of_type(events, "invoice.paid")
    stripe_sandbox.deliver([event for event in events if not event["type"].startswith(("invoice", "payment_intent"))])
    assert drain() == []
    for days, plan, cycle in ((45, "try_it_out", "monthly"), (25, "premium_plus", "annual")):
        pass_time(days=days)
        assert ask(member, "change", plan=plan, billing_cycle=cycle).status_code == 200
        stripe_sandbox.drain()
        assert drain() == []
    pass_time(days=40)
    for number in range(2):
        stripe_sandbox.deliver([paid | {"id": f"evt_late_{number}"}])
        assert drain() == []
        grant_schedule.grant_due_months(clock.now(), started)
        assert granted_by_month() == [40, 40, 80, 80]
    ledger_sums()
