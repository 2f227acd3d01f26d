"""Transfers: each lot stays with its owner, a shortfall with its payer, and the sum over both ledgers stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.credit_ledger import CreditLedger
from chalicelib.billing.domain.credit_lots import CreditLot, SpentLot
from chalicelib.billing.domain.credit_transfers import LOTS_PER_TRANSFER, Transfer, transfer_lots
from chalicelib.billing.enums import EntryType

NOW = datetime(2027, 5, 1, tzinfo=UTC)
ADA, BEN = "ada", "ben"
_ids: Iterator[int] = count()


def opened(*lots: CreditLot, debts: dict[str, int] | None = None, unowned: int = 0) -> CreditLedger:
    debts = debts or {}
    balance, shortfall = sum(lot.remaining for lot in lots), sum(debts.values()) + unowned
    return CreditLedger(balance, shortfall, lots, NOW, lambda: f"entry {next(_ids)}", debts=debts)


def owners(ledger: CreditLedger) -> dict[str, str | None]:
    return {lot.lot_id: lot.owner_id for lot in ledger.lots}


def test_only_the_owners_lots_and_shortfall_move() -> None:
    end = NOW + timedelta(days=9)
    held = CreditLot("held", 5, end, True, ADA)
    couple = opened(held, CreditLot("bens", 7, None, owner_id=BEN), debts={ADA: 3, BEN: 4})
    own = opened()
    assert not transfer_lots(Transfer("end", ADA), couple, own)
    assert own.lots == (held,)
    assert (own.balance, own.shortfall, own.debts) == (5, 3, {ADA: 3})
    assert owners(couple) == {"bens": BEN}
    assert (couple.balance, couple.shortfall) == (7, 4)
    [sent], [received] = couple.entries, own.entries
    assert (sent.entry_type, sent.amount, received.amount) == (EntryType.TRANSFER, -5, 5)
    assert (sent.lot_id, received.lot_id, received.expires_at) == ("held", "held", end)
    assert sent.source_key == received.source_key == "transfer/end/held"


def test_what_names_no_owner_moves_only_if_it_is_included() -> None:
    couple, own = opened(CreditLot("old", 5), unowned=2), opened()
    transfer_lots(Transfer("end", BEN), couple, own)
    assert (own.balance, own.shortfall, couple.entries) == (0, 0, [])
    transfer_lots(Transfer("end", ADA, includes_unowned=True), couple, own)
    assert (owners(own), own.debts) == ({"old": ADA}, {ADA: 2})
    assert (couple.balance, couple.shortfall) == (0, 0)


def test_a_step_moves_forty_lots() -> None:
    lots = [CreditLot(f"lot {n:02}", 1, owner_id=ADA) for n in range(LOTS_PER_TRANSFER + 2)]
    couple, own = opened(*lots), opened()
    assert transfer_lots(Transfer("end", ADA), couple, own)
    assert (own.balance, couple.balance) == (LOTS_PER_TRANSFER, 2)
    assert not transfer_lots(Transfer("end", ADA), couple, own)
    assert (own.balance, couple.balance) == (LOTS_PER_TRANSFER + 2, 0)


lots_held = st.lists(
    st.builds(
        CreditLot,
        lot_id=st.uuids().map(str),
        remaining=st.integers(1, 9),
        expires_at=st.none() | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days)),
        is_suspended=st.booleans(),
        owner_id=st.sampled_from([ADA, BEN, None]),
    ),
    max_size=60,
)


@given(
    lots_held,
    lots_held,
    st.dictionaries(st.sampled_from([ADA, BEN]), st.integers(0, 9)),
    st.integers(0, 9),
    st.booleans(),
)
def test_a_transfer_keeps_the_sums(
    mine: list[CreditLot], theirs: list[CreditLot], debts: dict[str, int], unowned: int, includes_unowned: bool
) -> None:
    source, target = opened(*mine, debts=debts, unowned=unowned), opened(*theirs)
    before = source.balance + target.balance, source.shortfall + target.shortfall
    transfer = Transfer("event", ADA, includes_unowned)
    while transfer_lots(transfer, source, target):
        pass
    assert (source.balance + target.balance, source.shortfall + target.shortfall) == before
    for ledger in (source, target):
        assert ledger.balance == sum(lot.remaining for lot in ledger.lots)
        assert ledger.shortfall >= sum(ledger.debts.values())
    assert ADA not in owners(source).values()
    assert not source.debts.get(ADA)
    assert includes_unowned is False or None not in owners(source).values()


@given(lots_held, st.integers(1, 40), st.integers(0, 20))
def test_returned_credits_undo_a_spend(held: list[CreditLot], amount: int, owed: int) -> None:
    ledger = opened(*held, debts={ADA: owed})
    ledger.expire()
    before = ledger.balance - ledger.shortfall, ledger.lots
    if ledger.available < amount:
        return
    ledger.spend(amount, "usage/one", None)
    ledger.give_back_spent(ledger.entries[-1].spent_lots, "return/one", None)
    assert ledger.balance - ledger.shortfall == before[0]
    assert ledger.balance == sum(lot.remaining for lot in ledger.lots)
    if not owed:
        assert sorted(ledger.lots, key=str) == sorted(before[1], key=str)


def test_returned_credits_settle_first_what_their_owner_owes() -> None:
    ledger = opened(CreditLot("bens", 5, owner_id=BEN), debts={ADA: 2, BEN: 9})
    ledger.give_back_spent([SpentLot("adas", 3, None, ADA)], "return/one", "failed")
    assert (ledger.debts, ledger.shortfall) == ({ADA: 0, BEN: 9}, 9)
    assert owners(ledger) == {"adas": ADA, "bens": BEN}
    assert [entry.amount for entry in ledger.entries] == [1]


def test_a_refund_takes_the_payers_lots_before_the_partners() -> None:
    soon = NOW + timedelta(days=1)
    ledger = opened(CreditLot("bens", 5, soon, owner_id=BEN), CreditLot("adas", 5, owner_id=ADA))
    ledger.take_back("spent", 4, "refund/one", "refunded", "payment", payer_id=ADA)
    assert {lot.lot_id: lot.remaining for lot in ledger.lots} == {"adas": 1, "bens": 5}
    ledger.take_back("spent", 8, "refund/two", "refunded", "payment", payer_id=ADA)
    assert (ledger.balance, ledger.debts) == (0, {ADA: 2})
