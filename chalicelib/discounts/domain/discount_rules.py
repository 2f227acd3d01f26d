"""Rules of a discount's terms, by field. They need the shop's currency and plan, so that no schema can check them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.discounts.domain.discount_terms import DiscountTerms, UnitValue
from chalicelib.discounts.domain.names import MAX_NAME_BYTES, code_name, title_name, variant_number
from chalicelib.discounts.enums import ValueType
from chalicelib.kit.minor_units import decimals_of

MAX_LIVE_DISCOUNTS = 500
"""Discounts of a shop that are not deleted."""
MAX_LENGTH = 255
"""Characters of a code, title, SKU or tag, as at Shopify."""
_PLUS_PLANS = {"plus", "plus trial", "shopify plus", "shopify_plus"}
"""Names of the plan Shopify Plus in GraphQL (`publicDisplayName`) and in webhooks, in lower case."""

Fault = tuple[str, str]
"""The path of a field and its fault."""


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The properties of a shop that the rules depend on. The currency is None until the shop's details are read."""

    currency: str | None
    plan_name: str | None

    @property
    def is_plus(self) -> bool:
        """Whether the shop has Shopify Plus, which alone allows several product discounts on a line."""
        return (self.plan_name or "").casefold() in _PLUS_PLANS


def term_faults(terms: DiscountTerms, shop: ShopFacts) -> list[Fault]:
    """Return the faults of the terms, in the order of the fields."""
    return [
        *_name_faults(terms),
        *_value_faults("value", terms.default, shop.currency),
        *_item_faults(terms),
        *_override_faults(terms, shop.currency),
        *_code_only_faults(terms),
        *_combination_faults(terms, shop),
        *_window_faults(terms),
    ]


def _name_faults(terms: DiscountTerms) -> Iterator[Fault]:
    if terms.discount_code is not None:
        yield from _text_faults("discount_code", terms.discount_code, code_name(terms.discount_code))
    yield from _text_faults("title", terms.title, title_name(terms.title))


def _text_faults(path: str, text: str, key: str) -> Iterator[Fault]:
    if not text:
        yield path, "must not be empty"
    elif len(text) > MAX_LENGTH or len(key.encode()) > MAX_NAME_BYTES:
        yield path, f"at most {MAX_LENGTH} characters and {MAX_NAME_BYTES} bytes"
    elif any(unicodedata.category(character) == "Cc" for character in text):
        yield path, "must not contain control characters"


def _value_faults(path: str, value: UnitValue, currency: str | None) -> Iterator[Fault]:
    amount, kind = value.value, value.value_type
    if kind is ValueType.PERCENTAGE and not 0 < amount <= 100:
        yield path, "must be more than 0 and at most 100 percent"
    if kind is ValueType.FIXED_AMOUNT and amount <= 0:
        yield path, "must be more than 0"
    if kind is ValueType.FIXED_PRICE and amount < 0:
        yield path, "must be at least 0"
    most = 2 if kind is ValueType.PERCENTAGE else decimals_of((currency or "").upper())
    if -int(amount.normalize().as_tuple().exponent) > most:
        yield path, f"at most {most} decimals"


def _item_faults(terms: DiscountTerms) -> Iterator[Fault]:
    if not terms.skus:
        yield "skus", "must name at least one SKU or variant"
    seen: set[str] = set()
    for position, item in enumerate(terms.skus):
        path = f"skus.{position}"
        yield from _text_faults(path, item, item)
        if item in seen:
            yield path, "is listed twice"
        elif item.startswith("gid://") and variant_number(item) is None:
            yield path, "expected a SKU or gid://shopify/ProductVariant/<number>"
        seen.add(item)


def _override_faults(terms: DiscountTerms, currency: str | None) -> Iterator[Fault]:
    items = set(terms.skus)
    for item, value in terms.overrides.items():
        if item not in items:
            yield f"overrides.{item}", "must be one of the items in `skus`"
        yield from _value_faults(f"overrides.{item}.value", value, currency)


def _code_only_faults(terms: DiscountTerms) -> Iterator[Fault]:
    if terms.discount_code is None and terms.usage_limit is not None:
        yield "usage_limit", "needs a `discount_code`"
    if terms.discount_code is None and terms.once_per_customer:
        yield "once_per_customer", "needs a `discount_code`"


def _combination_faults(terms: DiscountTerms, shop: ShopFacts) -> Iterator[Fault]:
    tags = terms.combines_with.tags
    if tags and not shop.is_plus:
        yield "combines_with.tags", "several product discounts on one line need Shopify Plus"
    elif tags and not terms.combines_with.product:
        yield "combines_with.tags", "needs `product`"
    for position, tag in enumerate(tags):
        yield from _text_faults(f"combines_with.tags.{position}", tag, tag)


def _window_faults(terms: DiscountTerms) -> Iterator[Fault]:
    if terms.starts_at is not None and terms.ends_at is not None and terms.ends_at <= terms.starts_at:
        yield "ends_at", "must be after `starts_at`"
