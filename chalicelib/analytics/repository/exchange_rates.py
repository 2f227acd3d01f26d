"""Exchange rates by currency and date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from chalicelib.analytics.domain.exchange_rates import MAX_AGE, DatedRate
from chalicelib.analytics.models import ExchangeRate
from chalicelib.kit import clock, pagination
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import readable_rows


def find_rates(currency: str, days: Iterable[date]) -> dict[date, Decimal]:
    """Return the rates that the days may take, by date, read consistently."""
    rates: dict[date, Decimal] = {}
    for day in sorted(set(days)):
        between = ExchangeRate.date.between(day - MAX_AGE, day)
        rates |= {
            row.date: row.rate for row in readable_rows(ExchangeRate.query(currency, between, consistent_read=True))
        }
    return rates


def list_by_currency(currency: str, first: date, last: date, page: PageRequest) -> PageResult[ExchangeRate]:
    """Return a page of the rates of a currency, newest first."""
    rows = ExchangeRate.query(
        currency,
        ExchangeRate.date.between(first, last),
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return pagination.query_page(rows)


def put_rates(rates: Iterable[DatedRate]) -> None:
    """Write the rates. The last of several for one currency and date stands."""
    now = clock.now()
    distinct = {(each.currency, each.date): each for each in rates}
    with ExchangeRate.batch_write() as batch:
        for each in distinct.values():
            batch.save(ExchangeRate(each.currency, each.date, rate=each.rate, created_at=now))
