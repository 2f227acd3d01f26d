"""Any history of reservations, returns, months and plans leaves the counters that a recount gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing import service as billing
from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.kit import clock
from chalicelib.platform.domain.plan_limits import month_of
from chalicelib.platform.errors import PlanLimitReached
from chalicelib.platform.models import Store
from chalicelib.platform.service import plan_limits
from chalicelib.platform.service.plan_limits import ReservedOrder
from chalicelib.platform.service.subscriptions import apply_message
from tests.platform.stores import new_store

FREE = billing.store_plan_limits("free")
PAID = {**FREE, "max_products": 40, "max_orders_per_month": 3}
START = datetime(2027, 1, 28, 12, tzinfo=UTC)
ACCESS = timedelta(days=20)

steps = st.one_of(
    st.tuples(st.just("products"), st.integers(1, 12)),
    st.tuples(st.just("return products"), st.integers(1, 12)),
    st.tuples(st.just("order"), st.just(1)),
    st.tuples(st.just("order"), st.just(1)),
    st.tuples(st.just("return order"), st.integers(0, 2)),
    st.tuples(st.just("days"), st.integers(1, 30)),
    st.tuples(st.just("payment"), st.just(1)),
)


@dataclass
class History:
    """What happened to a store, and what its counters must be. `store` is the row as it was at the last payment."""

    store: Store
    now: datetime = START
    access_until: datetime | None = None
    version: int = 0
    products: int = 0
    numbers: int = 0
    orders: list[ReservedOrder] = field(default_factory=list)

    @property
    def limits(self) -> dict[str, int]:
        return PAID if self.access_until is not None and self.access_until > self.now else FREE

    @property
    def orders_of_month(self) -> int:
        return sum(order.month == month_of(self.now) for order in self.orders)

    def apply(self, step: str, value: int) -> None:
        """Do one step, and check whether the plan allows it."""
        if step == "products":
            fits = self.products + value <= self.limits["max_products"]
            self.products += value * self._allowed(fits, lambda: plan_limits.reserve_products(self.store, value))
        elif step == "return products":
            count = min(value, self.products)
            plan_limits.give_back_products(self.store.id, count)
            self.products -= count
        elif step == "order":
            fits = self.orders_of_month < self.limits["max_orders_per_month"]
            self._allowed(fits, self._place)
        elif step == "return order" and self.orders:
            plan_limits.give_back_order(self.store.id, self.orders.pop(value % len(self.orders)))
        elif step == "days":
            self.now += timedelta(days=value)
        elif step == "payment":
            self._pay()
        self._recount()

    def _recount(self) -> None:
        row = Store.get(self.store.id)
        assert (row.product_count, row.order_count) == (self.products, len(self.orders))
        assert row.order_number == self.numbers
        if row.usage_month == month_of(self.now):
            assert row.orders_month == self.orders_of_month

    def _place(self) -> None:
        order = plan_limits.reserve_order(self.store)
        self.numbers += 1
        assert order == ReservedOrder(self.numbers, month_of(self.now))
        self.orders.append(order)

    def _pay(self) -> None:
        self.version += 1
        self.access_until = self.now + ACCESS
        apply_message(
            SubscriptionChanged(
                owner_type=OwnerType.STORE,
                owner_id=self.store.id,
                subscription_id="sub",
                version=self.version,
                plan_name="starter",
                status=SubscriptionStatus.ACTIVE,
                billing_cycle=BillingCycle.MONTHLY,
                current_period_end=self.access_until,
                cancel_at_period_end=False,
                access_until=self.access_until,
                limits=PAID,
            )
        )
        self.store = Store.get(self.store.id)

    def _allowed(self, fits: bool, reserve: Any) -> bool:
        if fits:
            reserve()
        else:
            with pytest.raises(PlanLimitReached):
                reserve()
        return fits


@pytest.fixture
def history_clock() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(steps, min_size=12, max_size=30))
def test_the_counters_equal_a_recount(history_clock: pytest.MonkeyPatch, happened: list[tuple[str, int]]) -> None:
    history = History(new_store(usage_month=month_of(START)))
    history_clock.setattr(clock, "now", lambda: history.now)
    for step, value in happened:
        history.apply(step, value)
