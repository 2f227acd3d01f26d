"""Conversions of A/B tests: the revenue of marked orders from the items of a test that ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.analytics import service as analytics
from chalicelib.discounts.domain.contribution import revenue_of
from chalicelib.discounts.domain.order_state import OrderState
from chalicelib.discounts.repository import discounts
from chalicelib.discounts.service.journal_content import Conversion, JournalContent
from chalicelib.discounts.service.measurement import tenant_of
from chalicelib.kit import logs
from chalicelib.kit.errors import NotFound, Problem

log = logs.logger("discounts")


@dataclass(frozen=True, slots=True)
class _Tested:
    """The items of a test, and when it ended; without an end, it runs."""

    items: frozenset[str]
    ended_at: datetime | None = None


def conversions_of(shop: str, states: Sequence[OrderState]) -> list[Conversion]:
    """Return the conversions of orders with a mark of a test that ran when they were created.

    Without a mark, nothing is read; a test that has ended costs three reads for all its orders. The visitor of an erased
    customer is not known; their conversion stays as it is.
    """
    marks = [(state, state.ab_mark.split(".")) for state in states if state.ab_mark]
    marked = [(state, test, visitor) for state, (test, _, visitor) in marks if visitor]
    if not marked:
        return []
    tested = {row.ab_test_id: _Tested(frozenset(row.skus)) for row in discounts.iterate_live(shop) if row.ab_test_id}
    for test in sorted({test for _, test, _ in marked} - set(tested)):
        if ended := _ended_test(shop, test):
            tested[test] = ended
    conversions = []
    for state, test, visitor in marked:
        found = tested.get(test)
        if found and (found.ended_at is None or state.created_at < found.ended_at):
            value = format(revenue_of(state, found.items), "f")
            conversions.append(Conversion(test, visitor, state.order_id, value, state.created_at))
        else:
            log.info("conversion dropped: the test did not run", extra={"shop": shop, "test": test})
    return conversions


def _ended_test(shop: str, test: str) -> _Tested | None:
    """Return a test that no longer runs: orders of its time may come after its stop. None if it is deleted.

    The items are the discount's present ones. The end is missing between the two steps of a stop.
    """
    try:
        result = analytics.result(tenant_of(shop), test)
    except NotFound:
        return None
    discount_id = (result.variant_a_config or {}).get("discount_id")
    row = discounts.find(shop, discount_id) if discount_id else None
    return _Tested(frozenset(row.skus), result.ended_at) if row else None


def send_conversions(content: JournalContent) -> None:
    """Send the journal's conversions. Of one order only the highest journal counts, so a repeat changes nothing.

    A conversion that analytics refuses is logged and dropped: its test was deleted, or a day is too old.
    """
    for each in content.conversions:
        try:
            analytics.convert(
                tenant_of(content.shop),
                each.test,
                each.visitor,
                each.order_id,
                value=Decimal(each.value),
                at=each.at,
                version=content.sequence,
            )
        except Problem as error:
            log.warning("conversion dropped", extra={"shop": content.shop, "test": each.test, "why": str(error)})
