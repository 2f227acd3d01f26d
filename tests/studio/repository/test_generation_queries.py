"""Generations are queried by index: one Query a page, for any number of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from chalicelib.kit import aws, clock
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType, UpscaleStatus
from chalicelib.studio.repository import generation_queries
from chalicelib.studio.repository.generation_queries import MAX_ROWS_READ
from tests.studio.conftest import CUSTOMER, VARIANT, Gallery

OTHER = "00000000-0000-4000-8000-000000000000"
FEW = 7


@contextmanager
def queries(operation: str = "Query") -> Iterator[list[str]]:
    """Record the bodies of the calls of one operation of DynamoDB."""
    seen_items: list[str] = []

    def record_query(params: dict[str, Any], **_: Any) -> None:
        seen_items.append(params["body"])

    events = aws.client("dynamodb").meta.events
    events.register(f"before-call.dynamodb.{operation}", record_query)
    try:
        yield seen_items
    finally:
        events.unregister(f"before-call.dynamodb.{operation}", record_query)


def add_generations(gallery: Gallery, count: int, **columns: Any) -> None:
    """Add generations to the shop, each newer than the previous one."""
    now = clock.now()
    common: dict[str, Any] = {"shop_id": gallery.shop, "product_id": OTHER, "ai_style_id": OTHER, "ai_prompt_used": "x"}
    common |= {"input_image_url": "s3://b/k", "status": GenerationStatus.COMPLETED, "updated_at": now}
    common |= {"generation_type": GenerationType.PREVIEW, **columns}
    with Generation.batch_write() as batch:
        for number in range(count):
            created_at = now + timedelta(microseconds=number)
            row = Generation(id=f"{columns}{created_at}", created_at=created_at, **common)
            batch.save(generation_queries.with_state_keys(row))


def fetch_page(gallery: Gallery, **query: Any) -> dict[str, Any]:
    response = gallery.merchant("GET", f"generations?{httpx2.QueryParams(query)}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


LOOK_UPS = {
    "status": {"status": GenerationStatus.FAILED},
    "upscale_status": {"upscale_status": UpscaleStatus.FAILED},
    "order_id": {"order_id": "gid://shopify/Order/7"},
    "product_id": {"product_id": "11111111-0000-4000-8000-000000000000"},
    "ai_style_id": {"ai_style_id": "11111111-0000-4000-8000-000000000000"},
    "customer_id": {"customer_id": "gid://shopify/Customer/7"},
}


@pytest.mark.parametrize("filters", LOOK_UPS.values(), ids=LOOK_UPS)
def test_a_filtered_page_needs_one_query(gallery: Gallery, filters: dict[str, Any]) -> None:
    add_generations(gallery, FEW, **filters)
    add_generations(gallery, MAX_ROWS_READ + 1)
    results: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        with queries() as query_bodies:
            response = fetch_page(gallery, limit=3, **filters, **cursor)
        assert len(query_bodies) == 1
        results += response["items"]
        if response["next_cursor"] is None:
            break
        assert len(response["items"]) == 3
        cursor = {"cursor": response["next_cursor"]}
    assert len({item["id"] for item in results}) == len(results) == FEW
    assert [item["created_at"] for item in results] == sorted((item["created_at"] for item in results), reverse=True)
    (name, value), *_ = filters.items()
    assert {item[name] for item in results} == {value}


def test_a_filter_without_an_index_scans_a_limited_range_per_page(gallery: Gallery) -> None:
    add_generations(gallery, FEW, generation_type=GenerationType.FINAL, product_id=gallery.product)
    add_generations(gallery, MAX_ROWS_READ + 1, product_id=gallery.product)
    expected = {"product_id": gallery.product, "generation_type": "final", "limit": 5}
    with queries() as query_bodies:
        first = fetch_page(gallery, **expected)
    assert (len(query_bodies), first["items"]) == (1, [])
    second = fetch_page(gallery, **expected, cursor=first["next_cursor"])
    third = fetch_page(gallery, **expected, cursor=second["next_cursor"])
    items = [*second["items"], *third["items"]]
    assert [len(second["items"]), len(third["items"]), third["next_cursor"]] == [5, 2, None]
    assert {item["generation_type"] for item in items} == {"final"}
    assert len({item["id"] for item in items}) == FEW
    oldest_searched = sorted(row.created_at for row in Generation.scan(Generation.shop_id == gallery.shop))[
        -MAX_ROWS_READ
    ]
    assert clock.parse(first["searched_back_to"]) == oldest_searched
    assert third["searched_back_to"] is None


def test_a_final_has_the_picture_of_its_preview(gallery: Gallery, other_gallery: Gallery) -> None:
    preview = gallery.preview()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(preview["line_item_property"]))
    assert gallery.drain() == []
    final, source = fetch_page(gallery)["items"]
    assert (final["generation_type"], source["generation_type"]) == ("final", "preview")
    path = urlsplit(source["preview_url"]).path
    single = gallery.merchant("GET", f"generations/{final['id']}").json()
    assert {urlsplit(row["thumbnail_url"]).path for row in (final, source, single)} == {path}
    assert final["preview_url"] is None
    Generation(source["id"]).update([Generation.shop_id.set(other_gallery.shop)])
    (final,) = (row for row in fetch_page(gallery)["items"] if row["generation_type"] == "final")
    assert (final["thumbnail_url"], bool(final["final_url"])) == (None, True)
    Generation(source["id"]).delete()
    assert fetch_page(gallery, order_id=final["order_id"])["items"][0]["thumbnail_url"] is None


def test_finals_of_one_preview_are_listed_with_one_batch_read(gallery: Gallery) -> None:
    add_generations(gallery, 1)
    (preview,) = fetch_page(gallery)["items"]
    add_generations(gallery, FEW, generation_type=GenerationType.FINAL, source_generation_id=preview["id"])
    with queries("BatchGetItem") as reads:
        assert len(fetch_page(gallery)["items"]) == FEW + 1
    assert [body.count(preview["id"]) for body in map(str, reads)] == [1]


def test_generations_of_another_shop_are_not_listed(gallery: Gallery, other_gallery: Gallery) -> None:
    common = {"order_id": "gid://shopify/Order/8", "customer_id": "gid://shopify/Customer/8"}
    add_generations(gallery, 3, **common, product_id=gallery.product, ai_style_id=gallery.style)
    expected = {**common, "product_id": gallery.product, "ai_style_id": gallery.style, "status": "completed"}
    for name, value in expected.items():
        assert len(fetch_page(gallery, **{name: value})["items"]) == 3
        assert fetch_page(other_gallery, limit=1, **{name: value}) == {
            "items": [],
            "next_cursor": None,
            "searched_back_to": None,
        }


def test_filters_use_the_current_status(gallery: Gallery) -> None:
    def states(**query: str) -> list[str]:
        return [item["generation_type"] for item in fetch_page(gallery, **query)["items"]]

    preview = gallery.preview()
    for variant in (VARIANT, VARIANT + 1):
        order = gallery.order(preview["line_item_property"], variant=variant)
        gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert sorted(states(status="completed")) == ["final", "preview"]
    assert (states(status="failed"), states(upscale_status="failed")) == (["final"], ["final"])
    assert (states(upscale_status="completed"), states(upscale_status="not_needed")) == (["final"], ["preview"])
    assert len(states(customer_id=f"gid://shopify/Customer/{CUSTOMER}")) == 3
    failed = fetch_page(gallery, status="failed")["items"][0]
    assert gallery.merchant("POST", f"generations/{failed['id']}/remake").status_code == 202
    assert (states(status="failed"), states(upscale_status="failed")) == ([], [])
    assert (states(status="pending"), states(upscale_status="pending")) == (["final"], ["final"])
    assert gallery.drain() == []
    assert (states(status="pending"), states(status="failed")) == ([], ["final"])
    for row in Generation.scan():
        keys = (row.shop_status, row.shop_upscale_status)
        assert keys == (f"{row.shop_id}#{row.status}", f"{row.shop_id}#{row.upscale_status}")
