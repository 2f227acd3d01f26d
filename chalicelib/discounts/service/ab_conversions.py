"""Conversions of A/B tests: the revenue of marked orders from the items of a running test."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.analytics import service as analytics
from chalicelib.discounts.domain.contribution import revenue_of
from chalicelib.discounts.domain.order_state import OrderState
from chalicelib.discounts.models import APP
from chalicelib.discounts.repository import discounts
from chalicelib.discounts.service.journal_content import Conversion, JournalContent
from chalicelib.kit import logs
from chalicelib.kit.errors import Problem

log = logs.logger("discounts")


def conversions_of(shop: str, states: Sequence[OrderState]) -> list[Conversion]:
    """Return the conversions of orders with a mark of a running test; without a mark, nothing is read.

    The visitor of an erased customer is not known; their conversion stays as it is.
    """
    marked = [state for state in states if state.ab_mark]
    if not marked:
        return []
    items = {row.ab_test_id: frozenset(row.skus) for row in discounts.iterate_live(shop) if row.ab_test_id}
    conversions = []
    for state in marked:
        test, _, visitor = (state.ab_mark or "").split(".")
        if visitor and test in items:
            value = format(revenue_of(state, items[test]), "f")
            conversions.append(Conversion(test, visitor, state.order_id, value, state.created_at))
    return conversions


def send_conversions(content: JournalContent) -> None:
    """Send the journal's conversions. Of one order only the highest journal counts, so a repeat changes nothing.

    A conversion that analytics refuses is logged and dropped: its test was deleted, or a day is too old.
    """
    for each in content.conversions:
        try:
            analytics.convert(
                f"shop:{content.shop}:{APP}",
                each.test,
                each.visitor,
                each.order_id,
                value=Decimal(each.value),
                at=each.at,
                version=content.sequence,
            )
        except Problem as error:
            log.warning("conversion dropped", extra={"shop": content.shop, "test": each.test, "why": str(error)})
