"""Invoices paid by customer credit at Stripe grant what the money behind that credit still covers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.billing.domain.backed_credit import InvoicePayment, unbacked_credits
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.service import entitlement, grant_schedule
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, ledger_sums, refund
from tests.billing.conftest import payments as all_payments
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe, switch

__all__ = ["ask", "subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
Lose = Callable[[str, int | None], str]


def of(name: str, amount: int, back: int = 0, held: int = 0, used: int = 0, opens: bool = True) -> InvoicePayment:
    return InvoicePayment(name, Decimal(amount), Decimal(back), Decimal(held), Decimal(used), opens)


def test_credit_is_backed_by_the_remaining_money() -> None:
    later = [of(f"m{number}", 0, held=240 - 20 * number, used=20) for number in range(12)]
    assert set(unbacked_credits([of("year", 240), *later]).values()) == {0}
    assert set(unbacked_credits([of("year", 240, 240), *later]).values()) == {20}
    rest = unbacked_credits([of("year", 240, 130), *later])
    assert [int(rest[f"m{number}"]) for number in range(12)] == [0] * 5 + [10] + [20] * 6


def test_a_cycle_paid_with_money_starts_without_credit() -> None:
    rows = [of("first", 20, 20), of("year", 240), of("month", 0, held=239, used=20)]
    assert unbacked_credits(rows) == {"month": 0}
    assert unbacked_credits([*rows[:1], of("change", 221, held=19, used=19)]) == {"change": 19}


@pytest.fixture
def lose(stripe_sandbox: StripeSandbox, drain: Drain) -> Lose:
    """`lose(charge_id, amount)`: lose a dispute of a payment, fully or partly (cents); return its id."""

    def run(charge_id: str, amount: int | None) -> str:
        row = stripe_sandbox.open_dispute(charge_id, amount)
        stripe_sandbox.close_dispute(row["id"], "lost")
        stripe_sandbox.drain()
        assert drain() == []
        return str(row["id"])

    return run


class Switcher:
    """A member who bought a year and the next day changed to a monthly plan that the rest of the year pays."""

    def __init__(self, member: Owner, subscribe: Subscribe, ask: Ask, stripe: StripeSandbox, drain: Drain, pass_: Buy):
        self.member, self.stripe, self._drain, self._pass = member, stripe, drain, pass_
        subscribe(member, "better_together")
        (self.year,) = all_payments()
        self._pass(days=1)
        switch(ask, member, "try_it_out")
        self.settle()

    def settle(self) -> None:
        self.stripe.drain()
        assert self._drain() == []
        ledger_sums()

    def month(self) -> tuple[bool, int]:
        """Advance by a month; return the access and the credits."""
        before = clock.now()
        self._pass(days=31)
        self.settle()
        grant_schedule.grant_due_months(clock.now(), before)
        return self.state

    @property
    def state(self) -> tuple[bool, int]:
        return entitlement(OwnerType.MEMBER, self.member.id).has_access, balances()[str(self.member.relationship_id)]


@pytest.fixture
def switcher(
    member: Owner,
    new_month: datetime,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Buy,
) -> Switcher:
    return Switcher(member, subscribe, ask, stripe_sandbox, drain, pass_time)


def test_credit_of_a_paid_year_pays_for_months(switcher: Switcher) -> None:
    assert [switcher.month(), switcher.month()] == [(True, 60), (True, 80)]


def test_a_lost_year_pays_for_no_later_month(switcher: Switcher, lose: Lose) -> None:
    lose(str(switcher.year.stripe_charge_id), None)
    assert switcher.state == (False, 0)
    assert [switcher.month(), switcher.month(), switcher.month()] == [(False, 0)] * 3


def test_a_refunded_year_pays_for_no_later_month(switcher: Switcher) -> None:
    refund(switcher.stripe, switcher.year.stripe_charge_id)
    switcher.settle()
    assert [switcher.month(), switcher.month()] == [(False, 0)] * 2


def test_months_that_credit_paid_for_follow_a_dispute(switcher: Switcher, lose: Lose) -> None:
    """A lost year takes the granted credits back, and a won dispute restores them."""
    assert [switcher.month(), switcher.month()] == [(True, 60), (True, 80)]
    dispute_id = lose(str(switcher.year.stripe_charge_id), None)
    assert switcher.state == (False, 0)
    assert switcher.month() == (False, 0)
    switcher.stripe.close_dispute(dispute_id, "won")
    switcher.settle()
    assert switcher.state == (True, 100)


def test_a_partly_lost_year_pays_for_months_up_to_its_remaining_amount(switcher: Switcher, lose: Lose) -> None:
    """$40 remain, one day of the year is used: they pay the first $30 month, and a third of the next."""
    lose(str(switcher.year.stripe_charge_id), 200_00)
    assert switcher.state == (True, 20)
    assert switcher.month() == (True, 20 + 6)
    assert switcher.month() == (False, 26)


def test_money_for_a_later_month_gives_access_again(switcher: Switcher, lose: Lose) -> None:
    lose(str(switcher.year.stripe_charge_id), None)
    with switcher.stripe.store() as store:
        for customer in store.all("customer"):
            customer["balance"] = 0
    assert switcher.month() == (True, 20)
    assert max(all_payments(), key=lambda row: row.created_at).amount == 30
