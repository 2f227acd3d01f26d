"""Hypothesis strategies of metafields and carts that often match each other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from chalicelib.discounts.domain.evaluation import Cart, CartLine

SKUS = ["constructor", "__proto__", "toString", "hasOwnProperty", "A-1", "a-1", "12", "ä🎈", 'q"uote', "length"]
VARIANTS = [1, 2, 43229298163746, 10**18]
CURRENCIES = ["USD", "EUR", "JPY", "KRW", "KWD", "BHD", "HUF"]
_GARBAGE: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 2, -1, "", "1", [], {}, ["percentage"], ["percentage", 10], [["percentage"], "5"]]
)


def decimal_texts(most: int = 12, places: int = 6) -> st.SearchStrategy[str]:
    """Return plain decimals, with leading and trailing zeros."""
    return st.builds(
        lambda whole, rest: f"{whole}.{rest}" if rest else whole,
        st.text("0123456789", min_size=1, max_size=most),
        st.text("0123456789", max_size=places),
    )


def _mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return nine examples of `usual` for one of `odd`."""
    return st.integers(0, 9).flatmap(lambda number: odd if number == 9 else usual)


_TEXTS = _mostly(
    st.one_of(
        st.sampled_from(["10", "12.5", "100", "0.01", "33.33", "19.99", "5.125", "0.005"]),
        decimal_texts(2, 2),
        decimal_texts(),
        decimal_texts(40, 40),
    ),
    st.sampled_from(["0", "100.01", "1e3", " 5", "-5", "0x10", ""]),
)
_TYPES = _mostly(st.sampled_from(["percentage", "fixed_amount", "fixed_price"]), st.just("other"))
_VALUES = _mostly(st.tuples(_TYPES, _TEXTS).map(list), _GARBAGE)
_ENTRIES = st.booleans().flatmap(lambda is_own: _VALUES if is_own else st.just(1))


def metafields() -> st.SearchStrategy[Any]:
    """Return metafields, mostly readable ones."""
    readable = st.fixed_dictionaries(
        {
            "v": _mostly(st.just(1), st.sampled_from([2, True, "1"])),
            "type": _TYPES,
            "value": _TEXTS,
            "minimum": _mostly(st.sampled_from([1, 1, 2, 5]), st.sampled_from([30, 2.5, 2.0, None, "3", True])),
            "skus": _mostly(st.dictionaries(st.sampled_from(SKUS), _ENTRIES, min_size=4), _GARBAGE),
            "variants": _mostly(
                st.dictionaries(st.sampled_from([*map(str, VARIANTS), "__proto__"]), _ENTRIES), _GARBAGE
            ),
        },
        optional={
            "test": _mostly(st.fixed_dictionaries({"id": st.sampled_from(["t1", "t2", 1]), "b": _VALUES}), _GARBAGE)
        },
    )
    return _mostly(readable, _GARBAGE)


def prices() -> st.SearchStrategy[Decimal]:
    """Return unit prices, with up to 6 decimals and 16 digits."""
    usual = st.sampled_from(
        ["0", "0.00", "1.0", "9.99", "19.990", "25.5", "1200", "0.005", "1.005", "2.675", "10.4999999999"]
    )
    return st.one_of(usual, decimal_texts(5, 2), decimal_texts(16, 6)).map(Decimal)


def rates() -> st.SearchStrategy[Decimal]:
    """Return rates from the shop's currency to the cart's, short and long ones."""
    return st.one_of(
        st.sampled_from(
            ["1", "1.0", "1.00", "0.7312", "149.52", "1.000000000000000000001", "1.3456789012345678901234"]
        ),
        decimal_texts(2, 8),
        decimal_texts(3, 25),
    ).map(Decimal)


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    """Return carts of up to 12 lines, some without a variant or SKU."""
    count = draw(_mostly(st.integers(1, 12), st.just(0)))
    lines = [
        CartLine(
            line_id=f"gid://shopify/CartLine/{index}",
            quantity=draw(st.sampled_from([1, 1, 2, 3, 99, 10**6])),
            price=draw(prices()),
            sku=draw(st.sampled_from([*SKUS, *SKUS, "unknown", "", None])),
            variant_id=f"gid://shopify/ProductVariant/{draw(st.sampled_from([*VARIANTS, 7, 8]))}",
        )
        for index in range(count)
    ]
    if draw(st.booleans()):
        lines.append(CartLine("gid://shopify/CartLine/custom", 1, Decimal(5)))
    mark = draw(st.sampled_from([None, "", "t1.b.visitor.mac", "t1.a.visitor.mac", "t1", "t2.b.x.y", "1.b.x"]))
    return Cart(lines, draw(st.sampled_from(CURRENCIES)), draw(rates()), mark)
