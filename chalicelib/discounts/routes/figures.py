"""`/v1/discounts/…`: the dashboard, the search and the lists of figures."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.dashboard import DashboardQuery, DashboardRead, SearchQuery, SearchRead
from chalicelib.discounts.schemas.figures import (
    CustomerFigureQuery,
    CustomerFigureRead,
    DayFigureRead,
    InventoryFigureQuery,
    InventoryFigureRead,
    PeriodQuery,
    ProductFigureQuery,
    ProductFigureRead,
    SkuFigureQuery,
    SkuFigureRead,
)
from chalicelib.discounts.service import dashboard, figures, search
from chalicelib.discounts.service.auth import Merchant, merchant
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/discounts/dashboard", methods=["GET"])
@endpoint(bp, auth=merchant, query=DashboardQuery, returns=DashboardRead)
def read_dashboard(call: ApiRequest[Merchant, None, DashboardQuery]) -> DashboardRead:
    """Return the usage of discounts in the last days, in this store or all stores of its group.

    The figures are at most five minutes old; `as_of` is their time.
    """
    return dashboard.read_dashboard(call.principal.shop, call.query)


@bp.route("/v1/discounts/search", methods=["GET"])
@endpoint(bp, auth=merchant, query=SearchQuery, returns=SearchRead)
def search_discounts(call: ApiRequest[Merchant, None, SearchQuery]) -> SearchRead:
    """Return the discounts whose code, title or SKU begins with a text."""
    return search.search_discounts(call.principal.shop, call.query.q)


@bp.route("/v1/discounts/figures/skus", methods=["GET"])
@endpoint(bp, auth=merchant, query=SkuFigureQuery, returns=Page[SkuFigureRead])
def list_sku_figures(call: ApiRequest[Merchant, None, SkuFigureQuery]) -> PageResult[SkuFigureRead]:
    """List the usage of discounts by SKU: in total, or by day, newest first, with `from` or `to`."""
    return figures.list_sku_figures(call.principal.shop, call.query, call.page)


@bp.route("/v1/discounts/figures/days", methods=["GET"])
@endpoint(bp, auth=merchant, query=PeriodQuery, returns=Page[DayFigureRead])
def list_day_figures(call: ApiRequest[Merchant, None, PeriodQuery]) -> PageResult[DayFigureRead]:
    """List the shop's days, newest first."""
    return figures.list_day_figures(call.principal.shop, call.query, call.page)


@bp.route("/v1/discounts/figures/products", methods=["GET"])
@endpoint(bp, auth=merchant, query=ProductFigureQuery, returns=Page[ProductFigureRead])
def list_product_figures(call: ApiRequest[Merchant, None, ProductFigureQuery]) -> PageResult[ProductFigureRead]:
    """List the sales of each SKU with and without a discount."""
    return figures.list_product_figures(call.principal.shop, call.query, call.page)


@bp.route("/v1/discounts/figures/customers", methods=["GET"])
@endpoint(bp, auth=merchant, query=CustomerFigureQuery, returns=Page[CustomerFigureRead])
def list_customer_figures(call: ApiRequest[Merchant, None, CustomerFigureQuery]) -> PageResult[CustomerFigureRead]:
    """List the usage and purchases of customers."""
    return figures.list_customer_figures(call.principal.shop, call.query, call.page)


@bp.route("/v1/discounts/figures/inventory", methods=["GET"])
@endpoint(bp, auth=merchant, query=InventoryFigureQuery, returns=Page[InventoryFigureRead])
def list_inventory_figures(call: ApiRequest[Merchant, None, InventoryFigureQuery]) -> PageResult[InventoryFigureRead]:
    """List a SKU's days with sales, stock and offered price, newest first."""
    return figures.list_inventory_figures(call.principal.shop, call.query, call.page)
