from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain.exchange_rates import with_rates
from chalicelib.analytics.domain.mrr_movements import SubscriptionSteps, customer_movements, state_at_end
from chalicelib.analytics.domain.purchases import Purchase, purchases
from chalicelib.analytics.domain.recurring_revenue import RevenueStep
from chalicelib.analytics.enums import MovementKind
from tests.analytics.revenue_factories import DAYS, at, day_of, present_steps, reports, step

TODAY = day_of(DAYS)


def usd(name: str, *steps: RevenueStep) -> SubscriptionSteps:
    return SubscriptionSteps(name, "USD", with_rates(steps, {each.day: Decimal(1) for each in steps}, TODAY))


def purchases_of(*subscriptions: SubscriptionSteps) -> list[Purchase]:
    return list(purchases(subscriptions, customer_movements(subscriptions, day_of(0), TODAY, {})))


def test_a_purchase_is_the_end_of_a_trial_and_the_return_of_a_customer() -> None:
    trial = usd("a", step(0, 0), step(2.25, 10), step(4, 25), step(6, 0), step(8.5, 5))
    assert purchases_of(trial) == [
        Purchase(day_of(2), at(2.25), MovementKind.NEW, Decimal(10)),
        Purchase(day_of(8), at(8.5), MovementKind.REACTIVATION, Decimal(5)),
    ]


def test_a_second_subscription_and_a_change_within_a_day_are_no_purchase() -> None:
    assert len(purchases_of(usd("a", step(0.5, 10)), usd("b", step(3, 10)), usd("c", step(0.75, 1)))) == 1
    assert purchases_of(usd("a", step(1.1, 10), step(1.9, 0))) == []


@given(st.lists(st.lists(reports(), min_size=1, max_size=3), max_size=3))
def test_there_is_a_purchase_for_each_day_that_begins_without_and_ends_with_mrr(histories: list[list]) -> None:
    subscriptions = [usd(str(number), *present_steps(states)) for number, states in enumerate(histories)]
    mrr = [state_at_end(subscriptions, day_of(number)).mrr for number in range(-1, DAYS + 1)]
    expected = [day_of(day) for day in range(DAYS + 1) if mrr[day] == 0 < mrr[day + 1]]
    found = purchases_of(*subscriptions)
    assert [each.day for each in found] == expected
    assert all(each.at.date() == each.day for each in found)
