"""Quotes of orders in a store's database."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock
from chalicelib.platform.domain.store_discount_codes import stored_form
from chalicelib.platform.domain.store_order_terms import Catalogue, OrderItem, OrderTerms
from chalicelib.platform.domain.store_quotes import Quote, compose_quote
from chalicelib.platform.errors import InvalidOrder
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_discount_codes, store_orders, store_prices, store_stock
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_quotes import QuoteCreate, QuoteRead
from chalicelib.platform.service.store_calls import run_transaction


def quote_order(store: Store, body: QuoteCreate) -> QuoteRead:
    """Return the amounts of an order without placing it. Raises what `compose_quote` raises."""
    return run_transaction(store, lambda transaction: QuoteRead.of(read_quote(transaction, store, body, clock.now())))


def read_quote(
    transaction: StoreTransaction, store: Store, body: QuoteCreate, moment: datetime, *, locked: bool = False
) -> Quote:
    """Return the quote of an order, with the rows of its code and stock locked if requested: the code first.

    Raises what `compose_quote` raises, InvalidOrder also for an unknown customer.
    """
    skus = {item.sku for item in body.items}
    products = store_prices.list_by_skus(transaction, skus, body.currency, moment)
    customer_group = _customer_group(transaction, body.customer_id)
    code = (
        store_discount_codes.find_code(transaction, stored_form(body.discount_code), store.currency, locked=locked)
        if body.discount_code
        else None
    )
    levels = store_stock.list_levels(transaction, {product.id for product in products.values()}, locked=locked)
    return compose_quote(_terms(body, customer_group, moment), Catalogue(products, levels, code))


def _customer_group(transaction: StoreTransaction, customer_id: str | None) -> str | None:
    """Return the group of the customer, if there is one. Raises InvalidOrder if the customer does not exist."""
    if customer_id is None:
        return None
    customer = store_orders.find_customer(transaction, customer_id)
    if customer is None:
        error = {"path": "body.customer_id", "message": "no customer has this id"}
        raise InvalidOrder(f"{error['path']}: {error['message']}", errors=[error])
    return customer.customer_group


def _terms(body: QuoteCreate, customer_group: str | None, moment: datetime) -> OrderTerms:
    return OrderTerms(
        currency=body.currency,
        items=tuple(OrderItem(item.sku, item.quantity, item.location) for item in body.items),
        moment=moment,
        customer_group=customer_group,
        tax_total=body.tax_total,
        shipping_total=body.shipping_total,
        has_code=body.discount_code is not None,
    )
