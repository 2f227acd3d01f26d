"""`/v1/operator/analytics/…`: revenue, movements and exchange rates."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.domain.exchange_rates import DatedRate
from chalicelib.analytics.schemas.revenue import (
    MovementQuery,
    MovementRead,
    RateQuery,
    RateRead,
    RatesInput,
    RatesWritten,
    RevenueQuery,
    RevenueRead,
)
from chalicelib.analytics.service import exchange_rates, revenue_reports
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/operator/analytics/revenue", methods=["GET"])
@endpoint(bp, auth=support, query=RevenueQuery, returns=RevenueRead)
def get_revenue(call: ApiRequest[Account, None, RevenueQuery]) -> RevenueRead:
    """Return the revenue of at most 366 days, by day or month; by default of the last 30 days."""
    return revenue_reports.report_revenue(call.query)


@bp.route("/v1/operator/analytics/movements", methods=["GET"])
@endpoint(bp, auth=support, query=MovementQuery, returns=Page[MovementRead])
def list_movements(call: ApiRequest[Account, None, MovementQuery]) -> PageResult[MovementRead]:
    """List the customers whose MRR moved on a day."""
    return revenue_reports.list_movements(call.query.scope, call.query.day, call.page).map(MovementRead.of)


@bp.route("/v1/operator/analytics/exchange-rates", methods=["GET"])
@endpoint(bp, auth=support, query=RateQuery, returns=Page[RateRead])
def list_exchange_rates(call: ApiRequest[Account, None, RateQuery]) -> PageResult[RateRead]:
    """List the exchange rates of a currency, newest first; by default of the last 30 days."""
    first, last = revenue_reports.date_range(call.query.first, call.query.last)
    return exchange_rates.list_rates(call.query.currency, first, last, call.page).map(RateRead.of)


@bp.route("/v1/operator/analytics/exchange-rates", methods=["PUT"])
@endpoint(bp, auth=operator, body=RatesInput, returns=RatesWritten)
def put_exchange_rates(call: ApiRequest[Account, RatesInput]) -> RatesWritten:
    """Enter exchange rates.

    They apply to MRR that has none yet; MRR keeps the rate that it has.
    """
    rates = [DatedRate(each.currency, each.date, each.rate) for each in call.body.rates]
    count = exchange_rates.put_rates(rates)
    audit.publish_operator_action(call.principal, "analytics.put_exchange_rates", f"exchange rates:{count}")
    return RatesWritten(count=count)
