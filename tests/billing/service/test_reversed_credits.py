"""The reversed share of a payment, and the bought credits it takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain import payments as rules
from chalicelib.billing.domain.credit_ledger import CreditLedger, Reversal
from chalicelib.billing.domain.credit_lots import CreditLot
from chalicelib.billing.enums import DisputeStatus
from chalicelib.billing.service.reversed_credits import enter_reversal

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PAID = Decimal("18.00")
OPEN, WON, LOST = DisputeStatus.OPEN, DisputeStatus.WON, DisputeStatus.LOST


def opened(*lots: CreditLot) -> CreditLedger:
    numbers: Iterator[int] = count()
    return CreditLedger(sum(lot.remaining for lot in lots), 0, lots, NOW, lambda: f"entry-{next(numbers)}")


@given(
    amount=st.integers(1, 500),
    spent=st.integers(0, 500),
    backs=st.lists(st.integers(0, 1800), min_size=1, max_size=5),
)
def test_a_bought_lot_grants_exactly_its_paid_share_after_any_steps(amount: int, spent: int, backs: list[int]) -> None:
    spent = min(spent, amount)
    book = opened(CreditLot("lot", amount), CreditLot("other", 7))
    if spent:
        book.take_back("lot", spent, "spent", "spent", "payment")
    due = [0, *(rules.credits_due(amount, PAID, Decimal(back) / 100) for back in backs)]
    for version, (before, after) in enumerate(pairwise(due)):
        enter_reversal(book, "lot", after - before, Reversal("payment", version, "dispute lost", "dispute won"))
        assert book.balance - book.shortfall == amount + 7 - spent - after
        assert book.balance == sum(each.remaining for each in book.lots) >= 0
    assert len({entry.source_key for entry in book.entries}) == len(book.entries)


def test_several_disputes_have_one_combined_status() -> None:
    assert rules.dispute_status(PAID, Decimal(0), []) is None
    assert rules.dispute_status(PAID, Decimal(0), [None, WON]) is WON
    assert rules.dispute_status(PAID, Decimal(0), [WON, OPEN]) is OPEN
    assert rules.dispute_status(PAID, Decimal(9), [LOST, WON]) is LOST
    assert rules.dispute_status(PAID, Decimal(9), [LOST, OPEN]) is OPEN
    assert rules.dispute_status(PAID, PAID, [LOST, OPEN]) is LOST


@given(
    disputed=st.lists(st.tuples(st.integers(1, 5000), st.sampled_from(["USD", "EUR"])), max_size=4),
)
def test_lost_disputes_take_at_most_the_payment(disputed: list[tuple[int, str]]) -> None:
    amounts = [(Decimal(amount) / 100, currency) for amount, currency in disputed]
    lost = rules.lost(PAID, "USD", amounts)
    assert lost == min(PAID, sum((PAID if currency == "EUR" else amount for amount, currency in amounts), Decimal(0)))
