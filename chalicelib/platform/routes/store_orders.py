"""`/v1/store/orders`, `/v1/store/quote`, `/v1/store/adjustments`: what changes a store's orders and stock."""

from __future__ import annotations

from chalicelib.kit.http import ApiRequest
from chalicelib.kit.http.etags import row_version
from chalicelib.platform.errors import (
    DiscountCodeUsedUp,
    InvalidAdjustment,
    InvalidDiscountCode,
    InvalidOrder,
    InventoryNotFound,
    OrderNotFound,
    OrderTransitionRefused,
    OutOfStock,
    PlanLimitReached,
)
from chalicelib.platform.routes.store_blueprint import bp, store_endpoint
from chalicelib.platform.schemas.store_orders import OrderCreate, OrderRead, OrderUpdate
from chalicelib.platform.schemas.store_quotes import QuoteCreate, QuoteRead
from chalicelib.platform.schemas.store_stock import AdjustmentCreate, StockLevelRead
from chalicelib.platform.service.store_callers import StoreCaller, store_reader, store_writer


@bp.route("/v1/store/orders", methods=["POST"])
@store_endpoint(
    auth=store_writer,
    body=OrderCreate,
    returns=OrderRead,
    status=201,
    idempotent="claimed",
    errors=(PlanLimitReached, InvalidOrder, InvalidDiscountCode, DiscountCodeUsedUp, OutOfStock),
)
def place_order(call: ApiRequest[StoreCaller, OrderCreate]) -> OrderRead:
    """Place an order: it reserves its pieces and a use of its code.

    A customer's prices are those of its group. Prices and discounts have the currency's decimals.
    """
    from chalicelib.platform.service import store_orders  # noqa: PLC0415 - loads SQLAlchemy

    return store_orders.place_order(call.principal, call.body, call.idempotency)


@bp.route("/v1/store/orders/{row_id}", methods=["PATCH"])
@store_endpoint(
    auth=store_writer,
    body=OrderUpdate,
    returns=OrderRead,
    etag=row_version,
    if_match="optional",
    errors=(OrderNotFound, OrderTransitionRefused),
)
def change_order(call: ApiRequest[StoreCaller, OrderUpdate], row_id: str) -> OrderRead:
    """Change the status of an order.

    Fulfilling takes its pieces out of stock; cancelling or refunding before that frees them. Cancelling a pending order
    frees the use of its code. Paid orders count in their customer's totals until they are cancelled or refunded.
    """
    from chalicelib.platform.service import store_order_changes  # noqa: PLC0415 - loads SQLAlchemy

    return store_order_changes.change_order(call.principal, row_id, call.body, call.if_match)


@bp.route("/v1/store/quote", methods=["POST"])
@store_endpoint(
    auth=store_reader,
    body=QuoteCreate,
    returns=QuoteRead,
    errors=(InvalidOrder, InvalidDiscountCode, DiscountCodeUsedUp, OutOfStock),
)
def quote_order(call: ApiRequest[StoreCaller, QuoteCreate]) -> QuoteRead:
    """Return the amounts that an order would have now, without placing it."""
    from chalicelib.platform.service import store_quotes  # noqa: PLC0415 - loads SQLAlchemy

    return store_quotes.quote_order(call.principal.store, call.body)


@bp.route("/v1/store/adjustments", methods=["POST"])
@store_endpoint(
    auth=store_writer,
    body=AdjustmentCreate,
    returns=StockLevelRead,
    idempotent="claimed",
    etag=row_version,
    if_match="optional",
    errors=(InventoryNotFound, InvalidAdjustment, OutOfStock),
)
def adjust_stock(call: ApiRequest[StoreCaller, AdjustmentCreate]) -> StockLevelRead:
    """Add pieces of a product to a location, or take some that no order has reserved.

    A retry with the same Idempotency-Key does not adjust twice, unless the first request crashed after it changed the
    row; with If-Match (the row's version) it never does.
    """
    from chalicelib.platform.service import store_stock  # noqa: PLC0415 - loads SQLAlchemy

    return store_stock.adjust_stock(call.principal, call.body, call.if_match)
