"""An upgrade within a month grants the difference while its payment is not reversed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.billing.domain.monthly_grants import paid_upgrade, running_months
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import PaymentTransaction
from chalicelib.billing.service import credits, grant_schedule
from chalicelib.billing.stripe_objects.invoices import StripeInvoiceLine
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, refund
from tests.billing.conftest import payments as all_payments
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe, switch

__all__ = ["ask", "subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
START, END = datetime(2026, 3, 4, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC)


def line(price: str, amount: int, is_proration: bool = True) -> StripeInvoiceLine:
    return StripeInvoiceLine(price, Decimal(amount), START, END, True, is_proration)


def test_the_months_of_an_upgrade_count_back_from_the_period_end() -> None:
    months = running_months(START, END)
    assert [f"{at:%m-%d}" for at in months[:4]] == ["02-28", "03-31", "04-30", "05-31"]
    assert (len(months), f"{months[-1]:%Y-%m-%d}") == (11, "2026-12-31")


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([line("small", -200), line("large", 250, is_proration=False)], 50),
        ([line("large", -250), line("small", 200)], -50),
        ([line("small", -20), line("large", 25), line("large", 300, is_proration=False)], 305),
        ([line("large", 50)], 50),
        ([line("addon", -5), line("other addon", 9)], 4),
    ],
)
def test_other_changes_are_not_upgrades(lines: list[StripeInvoiceLine], total: int) -> None:
    assert paid_upgrade(lines, Decimal(total), {"small", "large"}) is None


class Upgrade:
    """A member who bought the year of a plan and upgraded three days later."""

    def __init__(self, member: Owner, subscribe: Subscribe, ask: Ask, stripe: StripeSandbox, drain: Drain, pass_: Buy):
        self.member, self.stripe, self.ask, self._drain, self._pass = member, stripe, ask, drain, pass_
        subscribe(member, "better_together")
        self.later(days=3)
        switch(ask, member, "premium_plus")
        self.settle()

    @property
    def payments(self) -> list[PaymentTransaction]:
        return sorted(all_payments(), key=lambda row: row.created_at)

    @property
    def credits(self) -> int:
        return balances()[str(self.member.relationship_id)]

    def settle(self) -> None:
        self.stripe.drain()
        assert self._drain() == []
        ledger_sums()

    def later(self, days: int) -> None:
        before = clock.now()
        self._pass(days=days)
        self.settle()
        grant_schedule.grant_due_months(clock.now(), before)

    def lose(self, number: int, amount: int | None = None) -> str:
        row = self.stripe.open_dispute(str(self.payments[number].stripe_charge_id), amount)
        self.stripe.close_dispute(row["id"], "lost")
        self.settle()
        return str(row["id"])

    def win(self, dispute_id: str) -> None:
        self.stripe.close_dispute(dispute_id, "won")
        self.settle()


@pytest.fixture
def upgrade(
    member: Owner,
    new_month: datetime,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Buy,
) -> Upgrade:
    return Upgrade(member, subscribe, ask, stripe_sandbox, drain, pass_time)


def test_an_upgrade_grants_the_difference_once_and_at_once(upgrade: Upgrade, stripe_sandbox: StripeSandbox) -> None:
    assert sorted(entry.amount for entry in entries()) == [40, 40]
    with stripe_sandbox.store() as stripe:
        events = [event for event in stripe.all("event") if event["type"] == "invoice.paid"]
    stripe_sandbox.deliver(events, copies=2)
    upgrade.settle()
    grant_schedule.grant_due_months(clock.now(), None)
    assert upgrade.credits == 80
    upgrade.later(days=31)
    assert upgrade.credits == 160


def test_a_downgrade_after_an_upgrade_grants_nothing(upgrade: Upgrade) -> None:
    switch(upgrade.ask, upgrade.member, "better_together")
    upgrade.settle()
    assert upgrade.credits == 80
    upgrade.later(days=31)
    assert upgrade.credits == 120


def test_a_lost_upgrade_takes_the_difference_of_every_month(upgrade: Upgrade) -> None:
    upgrade.later(days=31)
    dispute_id = upgrade.lose(1)
    assert upgrade.credits == 80
    upgrade.later(days=31)
    assert upgrade.credits == 120
    upgrade.win(dispute_id)
    grant_schedule.grant_due_months(clock.now(), None)
    assert upgrade.credits == 240


def test_a_partly_lost_upgrade_takes_its_share_of_every_month(upgrade: Upgrade) -> None:
    half = int(upgrade.payments[1].amount * 50)
    upgrade.later(days=31)
    upgrade.lose(1, half)
    assert upgrade.credits == 120
    upgrade.later(days=31)
    assert upgrade.credits == 180


def test_a_refunded_upgrade_records_spent_credits_as_a_shortfall(upgrade: Upgrade) -> None:
    credits.spend_credits(OwnerType.MEMBER, upgrade.member.id, 60, "k")
    refund(upgrade.stripe, upgrade.payments[1].stripe_charge_id)
    upgrade.settle()
    assert upgrade.credits == 0


def test_the_loss_of_the_year_keeps_the_difference_of_the_upgrade(upgrade: Upgrade) -> None:
    """The credit of the year paid for 40 of the 80: they are lost with it, and the difference stays."""
    dispute_id = upgrade.lose(0)
    assert upgrade.credits == 40
    upgrade.win(dispute_id)
    assert upgrade.credits == 80
