"""Prices in JSON-LD, as shops write them, and in pages that are out to harm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain import json_ld
from chalicelib.discounts.domain.json_ld import MAX_NODES, OfferPrice, offer_price

URL = "https://rival-shop.com/products/mug"


def _page(*documents: Any, before: str = "") -> str:
    scripts = "".join(f'<script type="application/ld+json">{_text(document)}</script>' for document in documents)
    return f"<!doctype html><html><head>{before}{scripts}</head><body>Mug</body></html>"


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _product(**offer: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "Product", "name": "Mug", "offers": {"@type": "Offer", **offer}}


EUR_12 = OfferPrice(Decimal("12.5"), "EUR")


@pytest.mark.parametrize(
    "document",
    [
        _product(price="12.50", priceCurrency="EUR"),
        _product(price=12.5, priceCurrency="EUR"),
        _product(price=12.50000000000001, priceCurrency=" eur "),
        {"@graph": [{"@type": "WebSite"}, _product(price="12.50", priceCurrency="EUR")]},
        [{"@type": "BreadcrumbList"}, _product(price="12.50", priceCurrency="EUR")],
        {"@type": ["Product", "Thing"], "offers": [{"@type": "Offer", "price": "12.50", "priceCurrency": "EUR"}]},
        {"@type": "http://schema.org/Product", "offers": {"@type": "http://schema.org/Offer", "price": 12.5, "priceCurrency": "EUR"}},
        {"@type": "Product", "offers": {"@type": "AggregateOffer", "lowPrice": "12.50", "highPrice": "20", "priceCurrency": "EUR"}},
        _product(priceSpecification={"price": "12.50", "priceCurrency": "EUR"}),
        _product(priceCurrency="EUR", priceSpecification=[None, {"price": 12.5}]),
        {"@type": "ProductGroup", "hasVariant": [
            _product(price="13.00", priceCurrency="EUR"), _product(price="12.50", priceCurrency="EUR")]},
        {"mainEntity": {"deep": [{"@type": "Product", "offers": {"@type": "Offer", "price": "12.5", "priceCurrency": "EUR"}}]}},
    ],
)  # fmt: skip
def test_the_price_is_found(document: Any) -> None:
    assert offer_price(_page({"@type": "Organization"}, document), URL) == EUR_12


def test_the_offer_of_the_variant_in_the_url_counts() -> None:
    offers = [
        {"@type": "Offer", "price": price, "priceCurrency": "EUR", "url": f"{URL}?variant={variant}"}
        for variant, price in ((1, "9.00"), (2, "12.50"))
    ]
    page = _page({"@type": "Product", "offers": offers})
    assert offer_price(page, f"{URL}?variant=2") == EUR_12
    assert offer_price(page, f"{URL}?variant=3") == OfferPrice(Decimal(9), "EUR")
    assert offer_price(page, URL) == OfferPrice(Decimal(9), "EUR")


@pytest.mark.parametrize(
    "document",
    [
        _product(price="12.50"),
        _product(priceCurrency="EUR"),
        _product(price="12,50", priceCurrency="EUR"),
        _product(price="1,299.00", priceCurrency="EUR"),
        _product(price="€12.50", priceCurrency="EUR"),
        _product(price="12.50", priceCurrency="Euro"),
        _product(price=0, priceCurrency="EUR"),
        _product(price=-1, priceCurrency="EUR"),
        _product(price="-1", priceCurrency="EUR"),
        _product(price="١٢", priceCurrency="EUR"),
        _product(price=True, priceCurrency="EUR"),
        _product(price=None, priceCurrency="EUR"),
        _product(price={"a": 1}, priceCurrency="EUR"),
        _product(price=[12.5], priceCurrency="EUR"),
        '{"@type":"Product","offers":{"@type":"Offer","price":1e1000000000,"priceCurrency":"EUR"}}',
        '{"@type":"Product","offers":{"@type":"Offer","price":1e-1000000000,"priceCurrency":"EUR"}}',
        '{"@type":"Product","offers":{"@type":"Offer","price":NaN,"priceCurrency":"EUR"}}',
        '{"@type":"Product","offers":{"@type":"Offer","price":Infinity,"priceCurrency":"EUR"}}',
        '{"@type":"Product","offers":{"@type":"Offer","price":' + "9" * 5000 + ',"priceCurrency":"EUR"}}',
        '{"@type":"Product","offers":{"@type":"Offer","price":1e99999999999999999999,"priceCurrency":"EUR"}}',
        {"@type": "Offer", "price": "12.50", "priceCurrency": "EUR"},
        {"@type": "Product", "offers": "12.50 EUR"},
        {"@type": 5, "offers": 5},
        "12.50",
        "{",
        "",
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=range(28),
)
def test_what_is_no_price_is_none(document: Any) -> None:
    assert offer_price(_page(document), URL) is None


def test_a_malformed_script_hides_no_other() -> None:
    assert offer_price(_page("{", _product(price="12.50", priceCurrency="EUR")), URL) == EUR_12


def test_scripts_in_comments_and_in_other_scripts_do_not_count() -> None:
    hidden = _page(_product(price="1.00", priceCurrency="EUR"))
    shown = _product(price="12.50", priceCurrency="EUR")
    assert offer_price(_page(shown, before=f"<!-- {hidden} -->"), URL) == EUR_12
    assert offer_price(_page(shown, before="<script>const a = '<!--';</script>"), URL) == EUR_12
    assert offer_price(f"<!-- {hidden}", URL) is None
    assert offer_price(hidden.replace("application/ld+json", "text/javascript"), URL) is None


@pytest.mark.parametrize(
    "tag", ["<SCRIPT TYPE='Application/LD+JSON'>", '<script id=a data-x="1" type=application/ld+json defer>']
)
def test_tags_in_other_spellings_count(tag: str) -> None:
    text = json.dumps(_product(price="12.50", priceCurrency="EUR"))
    assert offer_price(f"{tag}{text}</ScRiPt >", URL) == EUR_12


@pytest.mark.parametrize(
    "piece",
    ["<script", "<script ", "<script>", "<!--", "<!", "</script", "<script type='application/ld+json'>", "<a b='"],
)
def test_a_hostile_page_is_read_in_linear_time(piece: str) -> None:
    """Two megabytes that make a parser with backtracking quadratic, and so run into the suite's timeout."""
    assert offer_price(piece * (2_000_000 // len(piece)), URL) is None


def test_a_document_of_many_objects_is_cut_off() -> None:
    document = [{"@type": "Thing"}] * 30_000
    assert offer_price(_page([*document, _product(price="12.50", priceCurrency="EUR")]), URL) is None


def test_products_nested_in_products_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 200 nested products would search the 9,000 objects in it again."""
    visited, real = 0, json_ld._nodes

    def count(*args: Any, **options: Any) -> Iterator[dict[str, Any]]:
        nonlocal visited
        for node in real(*args, **options):
            visited += 1
            yield node

    monkeypatch.setattr(json_ld, "_nodes", count)
    document = '{"@type":"Product","offers":' * 200 + json.dumps([{"@type": "Product", "a": {}}] * 9_000) + "}" * 200
    assert offer_price(_page(document), URL) is None
    assert 9_000 < visited <= MAX_NODES
    visited = 0
    assert offer_price(_page([_product(price="0")] * 20_000), URL) is None
    assert visited <= MAX_NODES


def test_a_product_beside_the_offers_of_another_is_found() -> None:
    inner = _product(price="12.50", priceCurrency="EUR")
    assert offer_price(_page(_product(price="0") | {"isRelatedTo": inner}), URL) == EUR_12
    assert offer_price(_page({"@type": "Product", "offers": {"itemOffered": inner}}), URL) == EUR_12


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.sampled_from(["Product", "Offer"])),
       lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(
           st.sampled_from(["@type", "offers", "price", "priceCurrency", "url", "priceSpecification"]), inner, max_size=5)),
       max_leaves=20))  # fmt: skip
def test_any_document_gives_a_price_or_none(document: Any) -> None:
    found = offer_price(_page(document), URL)
    assert found is None or found.price > 0
