"""Orders whose payload has missing, null or malformed parts, as snapshots."""

from __future__ import annotations

from datetime import UTC, date, datetime

from chalicelib.discounts.domain.order_state import FirstSight, advance, open_state
from chalicelib.discounts.service.order_snapshots import to_snapshot
from tests.shops.service.test_lenient_payloads import ORDER, odd_payloads, parse_order, replace_part


def test_an_order_with_any_malformed_part_is_counted() -> None:
    for path, payload in odd_payloads(ORDER):
        if path != ("id",):
            to_snapshot(parse_order(payload))


def test_an_order_without_a_currency_has_that_of_its_shop() -> None:
    snapshot = to_snapshot(parse_order(replace_part(ORDER, ("currency",), None)))
    sight = FirstSight(lambda moment: moment.date(), "CHF")
    state = open_state(None, "gid://shopify/Order/1", [snapshot], sight)
    assert state is not None
    assert (state.currency, state.suffix) == ("CHF", "")
    assert state.day == date(2026, 11, 1)
    assert advance(state, [snapshot], [], lambda _application: None).cancelled_at == datetime(2026, 11, 2, tzinfo=UTC)
