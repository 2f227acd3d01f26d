"""Stripe's proration rule: invariants for every price and time, and published examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain import money
from chalicelib.billing.domain.monthly_grants import add_months
from chalicelib.billing.domain.proration import MONTHS, LineKind, Period, Price, Proration, is_upgrade, prorate, share
from chalicelib.billing.enums import BillingCycle

MONTHLY, ANNUAL = BillingCycle.MONTHLY, BillingCycle.ANNUAL

currencies = st.sampled_from(["USD", "EUR", "JPY", "KRW", "KWD", "BHD"])
cycles = st.sampled_from(BillingCycle)
starts = st.datetimes(datetime(2019, 1, 1), datetime(2033, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
amounts = st.integers(0, 10_000_000)
quantities = st.integers(1, 500)


def unit(currency: str) -> Decimal:
    return money.step(currency)


def price(minor: int, currency: str = "USD", cycle: BillingCycle = MONTHLY, quantity: int = 1) -> Price:
    return Price(money.step(currency) * minor, currency, cycle, quantity)


def usd(amount: str, cycle: BillingCycle = MONTHLY, quantity: int = 1) -> Price:
    return Price(Decimal(amount), "USD", cycle, quantity)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Price, Price, Period, datetime]:
    """Generate two prices of one cycle, a period and a time within it."""
    currency, cycle, start = draw(currencies), draw(cycles), draw(starts)
    period = Period(start, add_months(start, MONTHS[cycle]))
    old, new = (price(draw(amounts), currency, cycle, draw(quantities)) for _ in range(2))
    return old, new, period, start + timedelta(seconds=draw(st.integers(0, period.seconds)))


def amounts_of(created: Proration) -> list[Decimal]:
    return [line.amount for line in created.lines]


@given(situations())
def test_the_used_and_unused_parts_sum_to_the_price_within_a_minor_unit(
    case: tuple[Price, Price, Period, datetime],
) -> None:
    old, _, period, at = case
    used, unused = share(old, Period(period.start, at), period), share(old, Period(at, period.end), period)
    assert abs(used + unused - old.whole) <= unit(old.currency)


@given(situations())
def test_each_line_is_within_half_a_minor_unit_of_its_exact_share(case: tuple[Price, Price, Period, datetime]) -> None:
    """Integers are compared, so that the check does not repeat the rounding of the rule."""
    old, new, period, at = case
    left = int((period.end - at).total_seconds())
    for line, each in zip(prorate(old, new, period, at).lines, (old, new), strict=True):
        minor = int(abs(line.amount) / unit(each.currency))
        whole = int(each.whole / unit(each.currency))
        assert 2 * (minor * period.seconds - whole * left) in range(-period.seconds + 1, period.seconds + 1)


@given(situations())
def test_an_immediate_reversal_costs_nothing(case: tuple[Price, Price, Period, datetime]) -> None:
    old, new, period, at = case
    assert prorate(old, new, period, at).total == -prorate(new, old, period, at).total
    assert prorate(old, old, period, at).total == 0


@given(situations(), st.integers(0, 100_000))
def test_later_changes_move_smaller_amounts(case: tuple[Price, Price, Period, datetime], later: int) -> None:
    old, new, period, at = case
    then = min(at + timedelta(seconds=later), period.end)
    (credit, debit), (credit_then, debit_then) = (amounts_of(prorate(old, new, period, when)) for when in (at, then))
    assert credit <= credit_then <= 0
    assert debit >= debit_then >= 0


@given(situations())
def test_a_change_moves_everything_at_the_start_and_nothing_at_the_end(
    case: tuple[Price, Price, Period, datetime],
) -> None:
    old, new, period, _ = case
    assert amounts_of(prorate(old, new, period, period.start)) == [-old.whole, new.whole]
    assert amounts_of(prorate(old, new, period, period.end)) == [0, 0]


@given(situations())
def test_lines_are_in_minor_units_and_sum_to_the_total(case: tuple[Price, Price, Period, datetime]) -> None:
    old, new, period, at = case
    created = prorate(old, new, period, at)
    assert all(amount % unit(new.currency) == 0 for amount in amounts_of(created))
    assert sum(amounts_of(created)) == created.total
    assert (created.period, created.restarts, created.currency) == (period, False, new.currency)
    assert [line.kind for line in created.lines] == [LineKind.UNUSED, LineKind.REMAINING]
    assert all((line.period_start, line.period_end) == (at, period.end) for line in created.lines)


@given(situations(), amounts)
def test_another_cycle_starts_a_period_at_the_full_price(
    case: tuple[Price, Price, Period, datetime], minor: int
) -> None:
    old, _, period, at = case
    other = ANNUAL if old.cycle is MONTHLY else MONTHLY
    new = price(minor, old.currency, other)
    created = prorate(old, new, period, at)
    unused, started = created.lines
    assert created.restarts
    assert (unused.kind, started.kind) == (LineKind.UNUSED, LineKind.NEW_PERIOD)
    assert unused.amount == -share(old, Period(at, period.end), period)
    assert (started.amount, created.total) == (new.whole, new.whole + unused.amount)
    assert created.period == Period(at, add_months(at, MONTHS[other]))
    assert (started.period_start, started.period_end) == (created.period.start, created.period.end)


@given(situations(), st.integers(1, 999_999))
def test_fractions_of_a_second_do_not_count(case: tuple[Price, Price, Period, datetime], microsecond: int) -> None:
    old, new, period, at = case
    if at < period.end:
        assert prorate(old, new, period, at.replace(microsecond=microsecond)) == prorate(old, new, period, at)


def days(start: str, end: str) -> Period:
    return Period(*(datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end)))


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "period", "moment", "expected"),
    [
        # https://docs.stripe.com/billing/subscriptions/prorations: 10 to 20 USD halfway through costs 5 USD more.
        pytest.param("10", "20", days("2025-06-01", "2025-07-01"), "2025-06-16", ("-5.00", "10.00"), id="stripe"),
        # The answer shown under "Preview a proration" there: period 1596749288 to 1599427688, proration_date 1598982148.
        pytest.param(
            "10",
            "32.52",
            days("2020-08-06T21:28:08", "2020-09-06T21:28:08"),
            "2020-09-01T17:42:28",
            ("-1.66", "5.41"),
            id="stripe's preview",
        ),
        # https://gist.github.com/matthewarkin/27bcfdf622eb91d3508ea082d0ad50b8, an answer of the Stripe API: 10.00 USD a
        # month, unused from 1488568488 to 1489449600 (14 March 2017), -364 cents.
        pytest.param(
            "10", "10", days("2017-02-14", "2017-03-14"), "2017-03-03T19:14:48", ("-3.64", "3.64"), id="stripe's API"
        ),
        # https://docs.nadles.com/subscriptions/upgrades-and-downgrades: five days of 31, both directions.
        pytest.param("100", "300", days("2024-01-01", "2024-02-01"), "2024-01-27", ("-16.13", "48.39"), id="nadles up"),
        pytest.param(
            "300", "100", days("2024-01-01", "2024-02-01"), "2024-01-27", ("-48.39", "16.13"), id="nadles down"
        ),
        # https://changelog.baremetrics.com/api---proration-charge-fixes-ymQbm: a week into four.
        pytest.param("12", "24", days("2023-02-01", "2023-03-01"), "2023-02-08", ("-9.00", "18.00"), id="baremetrics"),
        # https://docs.cloudblue.com/cbc/21.0/Billing-Providers-Guide/Upgrade-and-Downgrade-Charges-Calculations.htm,
        # example 1: 20 of 30 days. The sum there, 6.67, is rounded once; Stripe rounds each line.
        pytest.param("10", "20", days("2025-06-01", "2025-07-01"), "2025-06-11", ("-6.67", "13.33"), id="cloudblue"),
    ],
)
def test_published_examples(old: str, new: str, period: Period, moment: str, expected: tuple[str, str]) -> None:
    created = prorate(usd(old), usd(new), period, at(moment))
    assert amounts_of(created) == [Decimal(amount) for amount in expected]


def test_a_published_part_of_a_year() -> None:
    """https://docs.lokalise.com/en/articles/2215560: 100 days into a year of 1920, 1393.97 is credited."""
    year = days("2025-01-01", "2026-01-01")
    assert share(usd("1920", ANNUAL), Period(at("2025-04-11"), year.end), year) == Decimal("1393.97")


@pytest.mark.parametrize(
    ("year", "whole", "half"),
    [("2023", 365, "-242.28"), ("2024", 366, "-241.62")],
)
def test_a_leap_year_has_a_day_more(year: str, whole: int, half: str) -> None:
    """On 1 March, 306 of 365 or 366 days remain, in both directions."""
    period = days(f"{year}-01-01", f"{int(year) + 1}-01-01")
    assert period.seconds == whole * 86_400
    up = prorate(usd("289", ANNUAL), usd("578", ANNUAL), period, at(f"{year}-03-01"))
    down = prorate(usd("578", ANNUAL), usd("289", ANNUAL), period, at(f"{year}-03-01"))
    assert amounts_of(up)[0] == Decimal(half) == -amounts_of(down)[1]
    assert up.total == -down.total


@pytest.mark.parametrize(
    ("start", "end"), [("2023-01-31", "2023-02-28"), ("2024-01-31", "2024-02-29"), ("2024-02-29", "2025-02-28")]
)
def test_a_period_ends_on_the_last_day_of_a_shorter_month(start: str, end: str) -> None:
    cycle = ANNUAL if end == "2025-02-28" else MONTHLY
    other = ANNUAL if cycle is MONTHLY else MONTHLY
    before = Period(at(start), add_months(at(start), MONTHS[other]))
    assert prorate(usd("1", other), usd("1", cycle), before, at(start)).period == days(start, end)


@pytest.mark.parametrize(
    ("currency", "expected"), [("JPY", "-167"), ("USD", "-166.67"), ("KWD", "-166.670"), ("ISK", "-167.00")]
)
def test_every_currency_is_rounded_to_a_chargeable_amount(currency: str, expected: str) -> None:
    period = days("2025-06-01", "2025-07-01")
    thousand = Price(Decimal(500), currency, MONTHLY)
    credit = prorate(thousand, thousand, period, at("2025-06-21")).lines[0].amount
    assert credit == Decimal(expected)
    assert credit.as_tuple().exponent == -money.decimals(currency)
    money.to_minor(credit, currency)


def test_half_a_minor_unit_rounds_up_in_both_directions() -> None:
    created = prorate(usd("0.01"), usd("0.03"), days("2025-06-01", "2025-07-01"), at("2025-06-16"))
    assert amounts_of(created) == [Decimal("-0.01"), Decimal("0.02")]


def test_seats_count_before_rounding() -> None:
    period = days("2025-06-01", "2025-07-01")
    created = prorate(usd("0.01", quantity=3), usd("0.01", quantity=5), period, at("2025-06-16"))
    assert amounts_of(created) == [Decimal("-0.02"), Decimal("0.03")]


@pytest.mark.parametrize("moment", ["2025-05-31T23:59:59", "2025-07-01T00:00:01"])
def test_a_moment_outside_the_period_is_refused(moment: str) -> None:
    with pytest.raises(ValueError, match="not within the period"):
        prorate(usd("1"), usd("2"), days("2025-06-01", "2025-07-01"), at(moment))


def test_a_change_of_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="USD and EUR"):
        prorate(usd("1"), price(2, "EUR"), days("2025-06-01", "2025-07-01"), at("2025-06-02"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (usd("10"), usd("20"), True),
        (usd("20"), usd("10"), False),
        (usd("10"), usd("10"), False),
        (usd("10"), usd("5", quantity=3), True),
        (usd("10"), usd("100", ANNUAL), True),
        (usd("100", ANNUAL), usd("10"), True),
    ],
)
def test_a_higher_price_or_a_new_period_is_billed_at_once(old: Price, new: Price, expected: bool) -> None:
    assert is_upgrade(old, new) is expected
