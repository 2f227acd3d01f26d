"""The grant of a calendar month is the largest claim, in any order of claims and releases."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.monthly_grants import Lot, OwnerMonth, calendar_month
from chalicelib.kit import ids

sizes = st.sampled_from([20, 40, 80])


class Holder:
    """A month and the lots of its credits in a ledger."""

    def __init__(self) -> None:
        self.month, self.lots = OwnerMonth(), dict[Lot, int]()

    def claim(self, size: int) -> None:
        self.month = self.month.claimed(size)
        amount, lot = self.month.lacking, ("ledger", ids.new())
        if amount:
            self.lots[lot] = amount
            self.month = self.month.credited(lot, amount)

    def release(self, size: int) -> None:
        self.month = self.month.released(size)
        taken = self.month.withdrawals(self.lots.__getitem__)
        for lot, amount in taken.items():
            self.lots[lot] -= amount
        self.month = self.month.withdrawn(taken)

    def spend(self, amount: int) -> None:
        for lot in self.lots:
            used = min(amount, self.lots[lot])
            self.lots[lot] -= used
            amount -= used


@given(claims=st.lists(sizes, max_size=8), seed=st.integers())
def test_any_order_of_claims_and_releases_ends_in_the_largest_claim(claims: list[int], seed: int) -> None:
    dice = random.Random(seed)
    released = [size for size in claims if dice.random() < 0.5]
    holder, waiting, open_claims = Holder(), list(claims), list[int]()
    dice.shuffle(waiting)
    due = list(released)
    while waiting or due:
        ready = [size for size in due if size in open_claims]
        if ready and (not waiting or dice.random() < 0.5):
            size = dice.choice(ready)
            due.remove(size)
            open_claims.remove(size)
            holder.release(size)
        else:
            open_claims.append(waiting.pop())
            holder.claim(open_claims[-1])
        assert holder.month.granted == sum(holder.lots.values()) == max(open_claims, default=0)


@given(steps=st.lists(st.tuples(st.sampled_from(["claim", "release", "spend"]), sizes), max_size=20))
def test_spent_credits_are_not_granted_twice_nor_taken_from_others(steps: list[tuple[str, int]]) -> None:
    holder, live, largest, given_out = Holder(), list[int](), 0, 0
    for step, size in steps:
        before = sum(holder.lots.values())
        if step == "claim":
            live.append(size)
            largest = max(largest, size)
            holder.claim(size)
            given_out += sum(holder.lots.values()) - before
            assert holder.month.granted >= max(live), "what is paid is granted"
        elif step == "release" and size in live:
            live.remove(size)
            holder.release(size)
            given_out -= before - sum(holder.lots.values())
        elif step == "spend":
            holder.spend(size)
        assert given_out == holder.month.granted <= largest
        assert all(amount >= 0 for amount in holder.lots.values())


def test_a_released_month_keeps_grants_from_before_claims_were_stored() -> None:
    month = OwnerMonth(granted=300, carried=300).claimed(80)
    assert (month.lacking, month.released(80).excess) == (0, 0)


def test_calendar_months_have_names() -> None:
    beginnings = [datetime(2027, 8, 31, 23, 59, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC)]
    assert [calendar_month(at) for at in beginnings] == ["2027-08", "2027-09"]
    assert all(one <= other for one, other in pairwise(beginnings))
