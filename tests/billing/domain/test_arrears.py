"""The seven days of grace begin with the oldest unpaid invoice of the current arrears."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.dunning import is_being_paid, unpaid_since
from chalicelib.billing.stripe_objects.invoices import StripeInvoice, parse_invoice
from tests.billing.stripe_objects.factories import START, invoice

DAY = 86_400


def due(day: int, status: str = "open", settled: int | None = None, **facts: Any) -> StripeInvoice:
    """Return an invoice that was finalized on a day, and settled on another."""
    settled_at = None if settled is None else START + settled * DAY
    finalized_at = None if status == "draft" else START + day * DAY
    transitions = {"finalized_at": finalized_at, "paid_at": settled_at if status == "paid" else None}
    transitions["voided_at"] = settled_at if status == "void" else None
    return parse_invoice(invoice(status=status, status_transitions=transitions, **facts))


def day_of(moment: datetime | None) -> float | None:
    return (moment - datetime.fromtimestamp(START, UTC)) / timedelta(days=1) if moment else None


@pytest.mark.parametrize(
    ("newest_first", "since"),
    [
        ([], None),
        ([due(0, "paid", 0)], None),
        ([due(31), due(0, "paid", 0)], 31),
        ([due(31), due(0)], 0),
        ([due(31), due(0, "uncollectible")], 0),
        ([due(31), due(0, "paid", 40)], 0),
        ([due(31), due(0, "void", 40)], 0),
        ([due(31), due(0, "void", 3)], 31),
        ([due(62, "void", 63), due(31), due(0, "paid", 0)], 31),
        ([due(62), due(31, "paid", 40), due(0, "uncollectible")], 62),
        ([due(62), due(31, "uncollectible", attempted=False), due(0, "uncollectible", attempted=False)], 62),
        ([due(62), due(31, "uncollectible", attempted=False), due(0)], 0),
        ([due(62), due(31, "draft"), due(0, "uncollectible")], 0),
    ],
    ids=[
        "nothing",
        "paid",
        "one",
        "two",
        "written off",
        "paid late",
        "voided late",
        "voided in time",
        "newest void",
        "paid in between",
        "waived while paused",
        "waived after an unpaid one",
        "draft in between",
    ],
)
def test_an_older_invoice_does_not_restart_the_grace_period(
    newest_first: list[StripeInvoice], since: float | None
) -> None:
    assert day_of(unpaid_since(newest_first)) == since


fates = st.lists(st.sampled_from(["open", "uncollectible", "paid late", "void late"]), min_size=1, max_size=6)


@given(fates)
def test_the_outcome_of_older_invoices_does_not_move_the_first_day(older: list[str]) -> None:
    """Each invoice is due thirty days after the previous one. The newest is open; the others may be settled late."""
    invoices = [due(30 * len(older))]
    for number, outcome in reversed([*enumerate(older)]):
        status, _, late = outcome.partition(" ")
        invoices.append(due(30 * number, status, 30 * number + 31 if late else None))
    assert day_of(unpaid_since(invoices)) == 0


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], False),
        (["processing"], True),
        (["requires_payment_method"], False),
        (["processing", "requires_payment_method"], False),
        (["processing", None], True),
    ],
)
def test_a_processing_debit_pays_unless_another_payment_failed(statuses: list[str | None], expected: bool) -> None:
    def open_invoice(status: str | None) -> StripeInvoice:
        intent = {"id": "pi_1", "object": "payment_intent", "status": status, "last_payment_error": None}
        return parse_invoice(invoice(status="open", intent=intent if status else None, attempted=bool(status)))

    assert is_being_paid(open_invoice(status) for status in statuses) is expected
