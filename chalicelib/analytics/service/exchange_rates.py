"""Exchange rates to the reporting currency, entered by an operator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from chalicelib.analytics.domain.exchange_rates import DatedRate, RateRefused, checked_rate, parse_rates, rate_on
from chalicelib.analytics.errors import InvalidExchangeRate
from chalicelib.analytics.models import ExchangeRate
from chalicelib.analytics.repository import exchange_rates
from chalicelib.kit import clock, config
from chalicelib.kit.pagination import PageRequest, PageResult


def put_rates(rates: Sequence[DatedRate]) -> int:
    """Enter rates; return their number. Subscriptions that had none take them within a day.

    Raises InvalidExchangeRate for a rate of the reporting currency, of a later day, or out of range.
    """
    tomorrow = clock.today() + timedelta(days=1)
    for each in rates:
        try:
            checked_rate(each.rate)
        except RateRefused as error:
            raise InvalidExchangeRate(f"{each.currency} {each.date}: {error}") from None
        if each.currency == config.settings().reporting_currency:
            raise InvalidExchangeRate(f"{each.currency} is the reporting currency.")
        if each.date > tomorrow:
            raise InvalidExchangeRate(f"{each.currency} {each.date}: the date is in the future.")
    exchange_rates.put_rates(rates)
    return len(rates)


def import_rates(text: str) -> int:
    """Enter the rates of a CSV file; return their number. Raises InvalidExchangeRate, and enters none, if one is invalid."""
    try:
        return put_rates(parse_rates(text))
    except RateRefused as error:
        raise InvalidExchangeRate(str(error)) from None


def list_rates(currency: str, first: date, last: date, page: PageRequest) -> PageResult[ExchangeRate]:
    """Return a page of the rates of a currency, newest first."""
    return exchange_rates.list_by_currency(currency, first, last, page)


def rates_of(currency: str, days: Iterable[date]) -> dict[date, Decimal]:
    """Return the rates that the days may take, by date. The reporting currency's is 1."""
    if currency == config.settings().reporting_currency:
        return dict.fromkeys(days, Decimal(1))
    return exchange_rates.find_rates(currency, days)


def rates_on(currencies: Iterable[str], day: date) -> dict[str, Decimal]:
    """Return the rate of each currency on a day, or of the days before; without those that have none."""
    matches = {currency: rate_on(rates_of(currency, [day]), day) for currency in set(currencies)}
    return {currency: match[0] for currency, match in matches.items() if match}
