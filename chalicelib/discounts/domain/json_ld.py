"""The offer price in a product page's JSON-LD (schema.org Product, ProductGroup, Offer, AggregateOffer).

Pages are untrusted input: every step is linear in the page's length, and a part that is malformed is skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_NODES = 20_000
"""The most JSON objects and lists that are read from one page."""

_OPENING = re.compile(r"<!--|<script\b[^>]{0,1000}>", re.IGNORECASE)
_CLOSING = re.compile(r"</script\b", re.IGNORECASE)
_CURRENCY = re.compile(r"[A-Z]{3}")
_PRODUCTS = {"Product", "ProductGroup", "IndividualProduct", "ProductModel", "SomeProducts"}
_OFFER_KEYS = ("offers", "hasVariant")
_DIGITS_BEFORE_POINT, _DIGITS_AFTER_POINT = 9, 4


@dataclass(frozen=True, slots=True)
class OfferPrice:
    """A price with its ISO 4217 currency."""

    price: Decimal
    currency: str


def offer_price(page: str, url: str) -> OfferPrice | None:
    """Return the price of the page's product; None if the page has none.

    If the URL names a variant (`?variant=…`), the offer with the same variant in its URL counts; else the lowest price of
    the first product that has one.
    """
    variant, budget = _variant(url), _Budget()
    for product in _products(page, budget):
        offers = list(_offers(product, budget))
        chosen = [offer for offer in offers if variant and _variant(_text(offer.get("url"))) == variant]
        prices = [price for offer in chosen or offers if (price := _price(offer))]
        if prices:
            return min(prices, key=lambda found: found.price)
    return None


class _Budget:
    """The nodes that may still be read from a page, by the search for products and that for their offers."""

    def __init__(self) -> None:
        self._left = MAX_NODES

    def take(self) -> bool:
        """Take a node; return whether there was one."""
        self._left -= 1
        return self._left >= 0


def _variant(url: str) -> str | None:
    try:
        return parse_qs(urlsplit(url).query).get("variant", [None])[0]
    except ValueError:
        return None


def _products(page: str, budget: _Budget) -> Iterator[dict[str, Any]]:
    """Yield the products outside the offers and variants of other products: those have been searched with them."""
    for text in _scripts(page):
        try:
            document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        except (ValueError, InvalidOperation, RecursionError):
            continue
        for node in _nodes(document, budget, outside_offers=True):
            if _is_product(node):
                yield node


def _scripts(page: str) -> Iterator[str]:
    """Yield the contents of the JSON-LD scripts outside comments."""
    position = 0
    while opening := _OPENING.search(page, position):
        position = opening.end()
        if opening.group() == "<!--":
            end = page.find("-->", position)
            position = end + 3
        else:
            closing = _CLOSING.search(page, position)
            end = closing.start() if closing else -1
            if closing and _is_json_ld(opening.group()):
                yield page[position:end]
            position = end
        if end < 0:
            return


def _is_json_ld(tag: str) -> bool:
    parser = _ScriptTag()
    parser.feed(tag)
    return parser.media_type == "application/ld+json"


class _ScriptTag(HTMLParser):
    """Reads the attribute `type` of one opening tag."""

    media_type = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.media_type = (dict(attrs).get("type") or "").strip().lower()


def _nodes(document: Any, budget: _Budget, *, outside_offers: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON document in their order, nested ones after those around them.

    With `outside_offers`, offers and variants of products are not entered.
    """
    waiting = [document]
    while waiting and budget.take():
        node = waiting.pop()
        values: list[Any] = []
        if isinstance(node, dict):
            yield node
            left_out = _OFFER_KEYS if outside_offers and _is_product(node) else ()
            values = [value for key, value in node.items() if key not in left_out]
        elif isinstance(node, list):
            values = node[:MAX_NODES]
        waiting += [value for value in reversed(values) if isinstance(value, dict | list)]


def _is_product(node: dict[str, Any]) -> bool:
    return bool(_types(node) & _PRODUCTS)


def _types(node: dict[str, Any]) -> set[str]:
    named = node.get("@type")
    kinds = named if isinstance(named, list) else [named]
    return {_text(kind).removeprefix("http://schema.org/").removeprefix("https://schema.org/") for kind in kinds}


def _text(value: Any) -> str:
    """Return a text; empty for another value, which may be a nested one of any size."""
    return value if isinstance(value, str) else ""


def _offers(product: dict[str, Any], budget: _Budget) -> Iterator[dict[str, Any]]:
    """Yield the offers of a product and of its variants."""
    for key in _OFFER_KEYS:
        for node in _nodes(product.get(key), budget):
            if _types(node) & {"Offer", "AggregateOffer"}:
                yield node


def _price(offer: dict[str, Any]) -> OfferPrice | None:
    """Return an offer's price: its own, an aggregate's lowest, or the one of its price specification."""
    specifications = offer.get("priceSpecification")
    candidates = [offer, *(specifications if isinstance(specifications, list) else [specifications])]
    for node in candidates:
        if isinstance(node, dict):
            price = _amount(node.get("price", node.get("lowPrice")))
            currency = _text(node.get("priceCurrency") or offer.get("priceCurrency")).strip().upper()
            if price is not None and _CURRENCY.fullmatch(currency):
                return OfferPrice(price, currency)
    return None


def _amount(value: Any) -> Decimal | None:
    """Return an amount above 0 with the digits that prices have. With thousands separators it is ambiguous: None."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}(\.\d{1,10})?\s*", value, re.ASCII):
        value = Decimal(value.strip())
    if not isinstance(value, Decimal) or not value.is_finite() or value <= 0:
        return None
    if value.adjusted() >= _DIGITS_BEFORE_POINT or value.adjusted() < -_DIGITS_AFTER_POINT:
        return None
    return round(value, _DIGITS_AFTER_POINT).normalize() + 0
