"""Keys of figures in a currency that is not the shop's: a SKU or customer, then a separator and the currency.

No SKU of a figure contains the separator. Rows of earlier versions have `#` in its place, which a SKU may contain.
"""

from __future__ import annotations

SEPARATOR = "\x1f"
"""The unit separator of ASCII."""
_FORMER_SEPARATOR = "#"


def currency_suffix(currency: str) -> str:
    """Return the end of the keys of figures in a foreign currency."""
    return SEPARATOR + currency


def shop_suffix(suffix: str) -> str:
    """Return the end of a shop's key for the suffix of an order: domains of shops contain no `#`."""
    return _FORMER_SEPARATOR + suffix[1:] if suffix else ""


def split_item_key(key: str, currency: str, shop_currency: str | None) -> tuple[str, str]:
    """Return the SKU and the suffix of a key, whose row is in `currency`.

    A key of an earlier version is a SKU that ends so if the row is in the shop's present currency.
    """
    item, separator, _ = key.partition(SEPARATOR)
    if not separator and currency != shop_currency:
        item = key.removesuffix(_FORMER_SEPARATOR + currency)
    return item, key[len(item) :]


def split_customer_key(key: str) -> tuple[str, str]:
    """Return the customer and the suffix of a key: ids of customers contain no `#`."""
    customer = key.partition(SEPARATOR)[0].partition(_FORMER_SEPARATOR)[0]
    return customer, key[len(customer) :]
