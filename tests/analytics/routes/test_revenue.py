"""`/v1/operator/analytics/revenue`, `movements` and `exchange-rates`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.analytics.domain.revenue_days import PaymentSum
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.errors import InvalidExchangeRate
from chalicelib.analytics.repository import exchange_rates as rate_rows
from chalicelib.analytics.service import exchange_rates, recurring_revenue, revenue_days
from chalicelib.analytics.service.recurring_revenue import SubscriptionReport
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from tests.analytics.revenue_factories import at, compute_due_revenue, day_of, state, step, values

BASE = "/v1/operator/analytics"


@pytest.fixture
def operator(api: httpx2.Client) -> httpx2.Client:
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    return api


@pytest.fixture
def revenue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A customer upgrades in March and ends in April; another one pays once."""
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: at(61))
        for owner, steps in {"ann": (step(0, 30), step(20, 50), step(35, 0)), "bob": (step(10, 12),)}.items():
            history = state(*steps)
            recurring_revenue.record_report(
                SubscriptionReport(RevenueScope.MEMBER, owner, "s1", "plus", "active", "USD", history)
            )
        compute_due_revenue(clock.now(), None)
    paid = PaymentSum("payment_succeeded", "subscription", "USD", 2, Decimal(42), Decimal(0), Decimal(8))
    revenue_days.set_payments("together", day_of(10), [paid], 1)


def get(client: httpx2.Client, path: str, **params: Any) -> Any:
    response = client.get(f"{BASE}/{path}", params=params)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.usefixtures("revenue")
def test_revenue_by_month_leads_from_its_start_to_its_end(operator: httpx2.Client) -> None:
    body = get(operator, "revenue", **{"from": "2026-03-01", "to": "2026-04-30", "by": "month"})
    march, april = body["periods"]
    assert values(body["scope"], body["currency"]) == ("all", "USD")
    assert values(march["first_day"], march["last_day"], april["last_day"]) == (
        "2026-03-01",
        "2026-03-31",
        "2026-04-30",
    )
    assert Decimal(march["new_mrr"]) == 42
    assert values(Decimal(march["expansion_mrr"]), Decimal(march["mrr"]), Decimal(march["arr"])) == (20, 62, 744)
    assert values(Decimal(march["subscription_revenue"]), Decimal(march["tax"]), march["payments_succeeded"]) == (
        42,
        8,
        2,
    )
    assert values(march["customers"], march["churn_rate"], march["lifetime_value"]) == (2, None, None)
    assert values(Decimal(april["start_mrr"]), Decimal(april["churned_mrr"]), Decimal(april["mrr"])) == (62, 50, 12)
    assert values(april["churn_rate"], april["gross_mrr_churn_rate"]) == ("0.500000", "0.806452")
    assert values(april["average_revenue_per_customer"], april["lifetime_value"]) == ("12.000000", "24.000000")
    assert values(march["is_final"], april["unconverted"]) == (True, None)


@pytest.mark.usefixtures("revenue")
def test_revenue_by_day_is_of_one_scope(operator: httpx2.Client) -> None:
    periods = get(operator, "revenue", **{"from": "2026-03-19", "to": "2026-03-21", "scope": "member"})["periods"]
    assert [Decimal(each["mrr"]) for each in periods] == [42, 42, 62]
    stores = get(operator, "revenue", **{"from": "2026-03-19", "to": "2026-03-21", "scope": "store"})["periods"]
    assert [Decimal(each["mrr"]) for each in stores] == [0, 0, 0]


def test_revenue_is_of_the_last_30_days_by_default(operator: httpx2.Client) -> None:
    periods = get(operator, "revenue")["periods"]
    assert len(periods) == 30
    assert periods[-1]["last_day"] == clock.today().isoformat()


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2025-01-01", "to": "2026-01-02"},
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"by": "week"},
        {"scope": "shop"},
        {"from": "soon"},
    ],
)
def test_an_invalid_range_is_refused(operator: httpx2.Client, params: dict[str, str]) -> None:
    assert operator.get(f"{BASE}/revenue", params=params).status_code == 422


@pytest.mark.usefixtures("revenue")
def test_the_movements_of_a_day_name_their_customers(operator: httpx2.Client) -> None:
    [movement] = get(operator, "movements", day="2026-03-21")["items"]
    assert values(movement["customer"], movement["kind"], Decimal(movement["amount"])) == (
        "member/ann",
        "expansion",
        20,
    )
    assert values(Decimal(movement["mrr_before"]), Decimal(movement["mrr_after"])) == (30, 50)
    assert get(operator, "movements", day="2026-03-21", scope="store")["items"] == []


def test_rates_are_entered_and_listed_newest_first(operator: httpx2.Client) -> None:
    rates = [{"currency": "EUR", "date": f"2026-03-0{day}", "rate": f"1.0{day}"} for day in (1, 2, 3)]
    response = operator.put(f"{BASE}/exchange-rates", json={"rates": rates})
    assert values(response.status_code, response.json()) == (200, {"count": 3})
    operator.put(f"{BASE}/exchange-rates", json={"rates": [{**rates[0], "rate": "1.5"}]})
    span = {"currency": "EUR", "from": "2026-03-01", "to": "2026-03-31"}
    page = get(operator, "exchange-rates", **span, limit=2)
    assert [(each["date"], each["rate"]) for each in page["items"]] == [("2026-03-03", "1.03"), ("2026-03-02", "1.02")]
    rest = get(operator, "exchange-rates", **span, limit=2, cursor=page["next_cursor"])
    assert [(each["date"], each["rate"]) for each in rest["items"]] == [("2026-03-01", "1.5")]


@pytest.mark.parametrize(
    "rate",
    [
        {"currency": "USD", "date": "2026-03-01", "rate": "1"},
        {"currency": "eur", "date": "2026-03-01", "rate": "1"},
        {"currency": "EUR", "date": "2999-03-01", "rate": "1"},
        {"currency": "EUR", "date": "2026-03-01", "rate": "-1"},
        {"currency": "EUR", "date": "2026-03-01", "rate": "NaN"},
        {"currency": "EUR", "date": "2026-03-01", "rate": "0"},
        {"currency": "EUR", "date": "2026-03-01"},
    ],
)
def test_an_invalid_rate_is_refused(operator: httpx2.Client, rate: dict[str, str]) -> None:
    response = operator.put(f"{BASE}/exchange-rates", json={"rates": [rate]})
    assert response.status_code == 422, response.text


def test_a_file_of_rates_is_entered_as_a_whole_or_not_at_all() -> None:
    header = "currency,date,rate\n"
    assert exchange_rates.import_rates(f"{header}EUR,2026-03-01,1.08\nGBP,2026-03-01,1.3\n") == 2
    with pytest.raises(InvalidExchangeRate, match="line 3"):
        exchange_rates.import_rates(f"{header}EUR,2026-03-02,1.09\nGBP,2026-03-02,none\n")
    assert rate_rows.find_rates("EUR", [day_of(1)]) == {day_of(0): Decimal("1.08")}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.STORE_OWNER])
@pytest.mark.parametrize("path", ["revenue", "movements?day=2026-03-01", "exchange-rates?currency=EUR"])
def test_other_roles_read_nothing(api: httpx2.Client, role: Role, path: str) -> None:
    headers = {"Authorization": f"Bearer {auth.mint(role, 'x')}"}
    assert api.get(f"{BASE}/{path}", headers=headers).status_code == 403
    assert api.get(f"{BASE}/{path}").status_code == 401


def test_support_reads_and_changes_nothing(api: httpx2.Client) -> None:
    headers = {"Authorization": f"Bearer {auth.mint(Role.SUPPORT, 'x')}"}
    assert api.get(f"{BASE}/revenue", headers=headers).status_code == 200
    rates = {"rates": [{"currency": "EUR", "date": "2026-03-01", "rate": "1"}]}
    assert api.put(f"{BASE}/exchange-rates", headers=headers, json=rates).status_code == 403
