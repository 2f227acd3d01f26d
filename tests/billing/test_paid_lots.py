"""What a lot of credits loses and has again while money goes back and forth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.billing.domain import paid_lots, refund_amounts
from chalicelib.billing.domain.credit_ledger import CreditLedger
from chalicelib.billing.domain.credit_lots import CreditLot
from chalicelib.billing.domain.paid_lots import PaidLot, Reversal
from chalicelib.billing.enums import DisputeStatus, EntryType

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=90)
PAID = Decimal("18.00")
OPEN, WON, LOST = DisputeStatus.OPEN, DisputeStatus.WON, DisputeStatus.LOST


def opened(*lots: CreditLot) -> CreditLedger:
    numbers: Iterator[int] = count()
    return CreditLedger(sum(lot.remaining for lot in lots), 0, lots, NOW, lambda: f"entry-{next(numbers)}")


def reversal(version: int = 1) -> Reversal:
    return Reversal("payment", version, "dispute lost", "dispute won")


@settings(deadline=None)
@given(
    amount=st.integers(1, 500),
    spent=st.integers(0, 500),
    is_bought=st.booleans(),
    backs=st.lists(st.integers(0, 1800), min_size=1, max_size=5),
)
def test_after_any_moves_a_lot_has_given_what_is_still_paid_and_no_more(
    amount: int, spent: int, is_bought: bool, backs: list[int]
) -> None:
    spent = min(spent, amount)
    lot = PaidLot("lot", "ledger", amount, 0, None if is_bought else LATER, is_bought)
    book = opened(CreditLot("lot", amount, lot.expires_at), CreditLot("other", 7))
    if spent:
        book.take_back("lot", spent, "spent", "spent", "payment")
    for version, back in enumerate(backs):
        lot = paid_lots.settle(book, lot, PAID, Decimal(back) / 100, reversal(version))
        due = refund_amounts.credits_due(amount, PAID, Decimal(back) / 100)
        assert lot.taken == due
        assert book.balance - book.shortfall == amount + 7 - spent - due
        assert book.balance == sum(each.remaining for each in book.lots) >= 0
        if not is_bought:
            assert CreditLot("other", 7) in book.lots, "a plan's credits are not taken from other payments"
    assert len({entry.source_key for entry in book.entries}) == len(book.entries)


def test_an_expired_lot_is_left_alone() -> None:
    lot, book = PaidLot("lot", "ledger", 40, 40, NOW), opened(CreditLot("other", 7))
    assert paid_lots.settle(book, lot, PAID, Decimal(0), reversal()) == lot
    assert (book.entries, book.shortfall) == ([], 0)


def test_granted_credits_that_come_back_expire_as_before() -> None:
    book = opened()
    paid_lots.settle(book, PaidLot("lot", "ledger", 40, 40, LATER), PAID, Decimal(0), reversal())
    assert book.lots == (CreditLot("lot", 40, LATER),)
    assert [entry.entry_type for entry in book.entries] == [EntryType.REFUND]


def test_lots_are_stored_and_read() -> None:
    lots = [PaidLot("a", "ledger", 40, 3, LATER), PaidLot("b", paid_lots.OF_GIFT, 1, 0)]
    assert paid_lots.read(paid_lots.written(lots)) == lots
    assert (paid_lots.written([]), paid_lots.read(None)) == (None, [])


def test_the_statuses_of_several_disputes_are_one() -> None:
    assert refund_amounts.dispute_status(PAID, Decimal(0), []) is None
    assert refund_amounts.dispute_status(PAID, Decimal(0), [None, WON]) is WON
    assert refund_amounts.dispute_status(PAID, Decimal(0), [WON, OPEN]) is OPEN
    assert refund_amounts.dispute_status(PAID, Decimal(9), [LOST, WON]) is LOST
    assert refund_amounts.dispute_status(PAID, Decimal(9), [LOST, OPEN]) is OPEN
    assert refund_amounts.dispute_status(PAID, PAID, [LOST, OPEN]) is LOST


@settings(deadline=None)
@given(
    disputed=st.lists(st.tuples(st.integers(1, 5000), st.sampled_from(["USD", "EUR"])), max_size=4),
)
def test_lost_disputes_take_at_most_the_payment(disputed: list[tuple[int, str]]) -> None:
    amounts = [(Decimal(amount) / 100, currency) for amount, currency in disputed]
    lost = refund_amounts.lost(PAID, "USD", amounts)
    assert lost == min(PAID, sum((PAID if currency == "EUR" else amount for amount, currency in amounts), Decimal(0)))
