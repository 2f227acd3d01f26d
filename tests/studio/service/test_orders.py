"""Orders that are canceled, edited and refunded, with messages in any order and number."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.kit import aws, clock, config
from chalicelib.studio.models import Generation, GenerationStatus, Order
from chalicelib.studio.service import orders, stuck_generations
from chalicelib.studio.service.generations import START_LEASE
from infra.sandbox.delivery import Webhook
from tests.retention.crash import crash_at
from tests.studio.conftest import VARIANT, Gallery
from tests.studio.order_factories import order_cancelled, order_paid


def deliver(gallery: Gallery, topic: str, payload: Any) -> Webhook:
    return gallery.shopify.webhook("studio", gallery.shop, topic, payload)


def send(webhook: Webhook) -> None:
    assert httpx2.post(webhook.url, content=webhook.body, headers=webhook.headers).status_code == 200


def statuses(gallery: Gallery) -> list[str]:
    return [final["status"] for final in gallery.finals()]


@pytest.fixture
def line_property(gallery: Gallery) -> dict[str, str]:
    """The line item property of a preview."""
    prop: dict[str, str] = gallery.preview()["line_item_property"]
    return prop


def test_a_canceled_order_gets_no_final(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property)
    cancellation = gallery.shopify.cancel_order(gallery.shop, order["id"])
    gallery.shopify.deliver("studio", gallery.shop, "orders/cancelled", cancellation)
    assert gallery.drain() == []
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert gallery.finals() == []
    assert Order.get(gallery.shop, order["admin_graphql_api_id"]).status == "cancelled"


def test_a_completed_final_is_kept_after_a_cancellation(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    cancellation = gallery.shopify.cancel_order(gallery.shop, order["id"])
    gallery.shopify.deliver("studio", gallery.shop, "orders/cancelled", cancellation)
    assert gallery.drain() == []
    assert statuses(gallery) == ["completed"]
    assert Order.get(gallery.shop, order["admin_graphql_api_id"]).status == "cancelled"


def test_a_removed_line_gets_no_final(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property, line_property)
    first, second = (line["admin_graphql_api_id"] for line in order["line_items"])
    gallery.shopify.emit(
        gallery.shop, "orders/edited", gallery.shopify.edit_order(gallery.shop, order["id"], remove=[first])
    )
    assert gallery.drain() == []
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert [final["line_item_id"] for final in gallery.finals()] == [second]


def test_an_edit_makes_no_second_final(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    for quantity in (2, 3):
        edit = gallery.shopify.edit_order(
            gallery.shop, order["id"], quantities={order["line_items"][0]["id"]: quantity}
        )
        gallery.shopify.emit(gallery.shop, "orders/edited", edit)
        gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.shopify.order(gallery.shop, order["id"]))
        assert gallery.drain() == []
    assert statuses(gallery) == ["completed"]


def test_an_added_line_gets_a_final_after_payment(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    added = {"variant_id": VARIANT, "product_id": 8001, "price": "0.00", "properties": [line_property]}
    edit = gallery.shopify.edit_order(gallery.shop, order["id"], add=[added])
    gallery.shopify.emit(gallery.shop, "orders/edited", edit)
    assert gallery.drain() == []
    assert statuses(gallery) == ["completed", "completed"]


def test_a_refunded_line_gets_no_final(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property, line_property)
    first, second = order["line_items"]
    refund = gallery.shopify.refund_order(gallery.shop, order["id"], {first["id"]: 1})
    gallery.shopify.deliver("studio", gallery.shop, "refunds/create", refund)
    assert gallery.drain() == []
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert [final["line_item_id"] for final in gallery.finals()] == [second["admin_graphql_api_id"]]
    row = Order.get(gallery.shop, order["admin_graphql_api_id"])
    assert row.status == "partially_refunded"


def test_a_refund_and_an_order_with_null_parts_are_applied(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property, line_property)
    first, second = order["line_items"]
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order | {"line_items": [second, None]})
    assert gallery.drain() == []
    lines = [{"line_item_id": each["id"], "quantity": 1, "line_item": None} for each in (first, second)]
    refund = {"id": 1, "order_id": order["id"], "refund_line_items": lines, "transactions": None}
    gallery.shopify.deliver("studio", gallery.shop, "refunds/create", refund)
    assert gallery.drain() == []
    nulls = {"order_number": None, "name": None, "total_price": None, "currency": None, "updated_at": None}
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order | nulls)
    assert gallery.drain() == []
    assert [final["line_item_id"] for final in gallery.finals()] == [second["admin_graphql_api_id"]]
    row = Order.get(gallery.shop, order["admin_graphql_api_id"])
    assert (row.status, row.order_number) == ("refunded", str(order["order_number"]))
    assert row.total_price == Decimal(order["total_price"])


def test_a_refund_without_line_items_counts_before_the_payment(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property, line_property)
    first, second = order["line_items"]
    lines = [{"line_item_id": first["id"], "quantity": 1, "line_item": None}]
    refund = {"id": 1, "order_id": order["id"], "refund_line_items": lines, "transactions": None}
    gallery.shopify.deliver("studio", gallery.shop, "refunds/create", refund)
    assert gallery.drain() == []
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert [final["line_item_id"] for final in gallery.finals()] == [second["admin_graphql_api_id"]]
    assert Order.get(gallery.shop, order["admin_graphql_api_id"]).status == "partially_refunded"


def test_orders_without_previews_are_not_stored(gallery: Gallery) -> None:
    order = gallery.order({"name": "Engraving", "value": "Mia"})
    cancellation = gallery.shopify.cancel_order(gallery.shop, order["id"])
    for topic, payload in (("orders/paid", order), ("orders/cancelled", cancellation)):
        gallery.shopify.deliver("studio", gallery.shop, topic, payload)
    line = {"line_item_id": 5, "quantity": 1}
    refund = {"id": 1, "order_id": order["id"], "refund_line_items": [line | {"line_item": {}}]}
    gallery.shopify.deliver("studio", gallery.shop, "refunds/create", refund)
    assert gallery.drain() == []
    assert Order.count(gallery.shop) == 0


@pytest.mark.parametrize("seed", range(2))
def test_messages_in_any_order_make_at_most_one_final(
    gallery: Gallery, line_property: dict[str, str], seed: int
) -> None:
    """With some messages handled in between, at random times."""
    order = gallery.order(line_property)
    edit = gallery.shopify.edit_order(gallery.shop, order["id"], quantities={order["line_items"][0]["id"]: 2})
    messages = [deliver(gallery, "orders/paid", order) for _ in range(10)]
    messages += [deliver(gallery, "orders/edited", edit) for _ in range(2)]
    cancelled = gallery.shopify.cancel_order(gallery.shop, order["id"])
    cancellation = deliver(gallery, "orders/cancelled", cancelled)
    order_of_sending = random.Random(seed)
    order_of_sending.shuffle(messages)
    place = order_of_sending.randrange(len(messages))
    for message in [*messages[:place], cancellation, *messages[place:]]:
        send(message)
        if order_of_sending.random() < 0.3:
            assert gallery.drain() == []
    assert gallery.drain() == []
    rows = [row for row in Generation.scan() if row.order_id]
    assert len(rows) <= 1
    assert all(row.open_work is None for row in rows)
    assert Order.get(gallery.shop, order["admin_graphql_api_id"]).status == "cancelled"


def test_concurrent_messages_make_at_most_one_final(gallery: Gallery, line_property: dict[str, str]) -> None:
    """Two workers apply changes to one order: the second decides on what the first wrote."""
    order = gallery.order(line_property)
    calls = [
        lambda: orders.apply_payment(order_paid(gallery.shop, order)),
        lambda: orders.apply_cancellation(order_cancelled(gallery.shop, order)),
    ]
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda call: call(), itertools.chain(*itertools.repeat(calls, 6))))
    rows = [row for row in Generation.scan() if row.order_id]
    assert len(rows) <= 1
    assert all(row.status is GenerationStatus.FAILED and row.open_work is None for row in rows)
    assert gallery.drain() == []
    assert statuses(gallery) in ([], ["failed"])


def test_a_final_with_a_lost_file_can_be_remade(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    (final,) = gallery.finals()
    before, stored = Generation.get(final["id"]), gallery.quota()["current_storage_mb"]
    storage.delete(before.final_image_url)
    response = gallery.merchant("POST", f"generations/{final['id']}/remake")
    assert (response.status_code, response.json()["status"]) == (202, "pending")
    assert gallery.drain() == []
    (finals_after,) = gallery.finals()
    assert (finals_after["id"], finals_after["status"], finals_after["upscale_status"]) == (
        final["id"],
        "completed",
        "completed",
    )
    assert httpx2.get(finals_after["final_url"]).status_code == 200
    row = Generation.get(final["id"])
    assert row.final_image_url != before.final_image_url
    assert storage.size(row.final_image_url) == row.byte_count
    assert gallery.quota()["current_storage_mb"] == stored  # the same picture, counted once


def test_a_failed_final_can_be_remade_after_its_size_is_defined(
    gallery: Gallery, line_property: dict[str, str]
) -> None:
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(line_property, variant=VARIANT + 1))
    assert gallery.drain() == []
    (final,) = gallery.finals()
    assert final["status"] == "failed"
    size = {"name": "large", "width_px": 240, "height_px": 300}
    size |= {"shopify_variant_id": f"gid://shopify/ProductVariant/{VARIANT + 1}"}
    assert gallery.merchant("POST", f"products/{gallery.product}/sizes", size).status_code == 201
    assert gallery.merchant("POST", f"generations/{final['id']}/remake").status_code == 202
    assert gallery.drain() == []
    (finals_after,) = gallery.finals()
    assert (finals_after["status"], finals_after["error_message"], finals_after["final_width"]) == (
        "completed",
        None,
        240,
    )


def test_eight_concurrent_requests_remake_it_once(gallery: Gallery, line_property: dict[str, str]) -> None:
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(line_property))
    assert gallery.drain() == []
    (final,) = gallery.finals()
    path = f"generations/{final['id']}/remake"
    with ThreadPoolExecutor(8) as callers:
        responses = [
            response.status_code for response in callers.map(lambda _: gallery.merchant("POST", path), range(8))
        ]
    assert sorted(responses) == [202] + [409] * 7
    assert gallery.drain() == []
    assert Generation.get(final["id"]).attempts == 1


def test_one_key_remakes_a_final_once(gallery: Gallery, line_property: dict[str, str]) -> None:
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(line_property))
    assert gallery.drain() == []
    (final,) = gallery.finals()
    path = f"generations/{final['id']}/remake"
    ask = partial(gallery.merchant, "POST", path, **{"Idempotency-Key": "k"})
    with ThreadPoolExecutor(4) as callers:
        responses = [call.result() for call in [callers.submit(ask) for _ in range(4)]]
    assert {response.status_code for response in responses} == {202}
    assert all(response.json() == responses[0].json() for response in responses)
    body = gallery.merchant("GET", f"generations/{final['id']}").json()
    assert responses[0].json() == body
    assert (body["status"], body["final_url"]) == ("pending", None)
    assert gallery.drain() == []
    url = Generation.get(final["id"]).final_image_url
    assert ask().json() == body  # also after completion: nothing is generated again
    assert gallery.drain() == []
    assert Generation.get(final["id"]).final_image_url == url


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_crash_during_a_remake_leaves_no_orphaned_file(
    gallery: Gallery, line_property: dict[str, str], moment: str
) -> None:
    """Crashes before each call, or after every second call, and requests the remake again each time."""
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(line_property))
    assert gallery.drain() == []
    (final,) = gallery.finals()
    path, is_crashed = f"generations/{final['id']}/remake", 0
    for nth in itertools.count(1, 1 if moment == "before-call" else 2):
        with crash_at(nth, moment, how=RuntimeError):
            response = gallery.merchant("POST", path)
        stuck_generations.recover_generations(clock.now() + 2 * START_LEASE)
        assert gallery.drain() == []
        row, bucket = Generation.get(final["id"]), config.settings().images_bucket
        objects = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"finals/{gallery.shop}/").get("Contents", [])
        assert {storage.address(bucket, each["Key"]) for each in objects} <= {row.final_image_url}
        if response.status_code == 202:
            break
        is_crashed += 1
    assert is_crashed > 3
    assert storage.size(row.final_image_url) == row.byte_count


def test_a_canceled_final_cannot_be_remade(gallery: Gallery, line_property: dict[str, str]) -> None:
    order = gallery.order(line_property)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    cancellation = gallery.shopify.cancel_order(gallery.shop, order["id"])
    gallery.shopify.deliver("studio", gallery.shop, "orders/cancelled", cancellation)
    assert gallery.drain() == []
    response = gallery.merchant("POST", f"generations/{gallery.finals()[0]['id']}/remake")
    assert (response.status_code, response.json()["code"]) == (409, "FinalCanceled")


def test_previews_and_foreign_finals_cannot_be_remade(
    gallery: Gallery, other_gallery: Gallery, line_property: dict[str, str]
) -> None:
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(line_property))
    assert gallery.drain() == []
    (final,) = gallery.finals()
    assert other_gallery.merchant("POST", f"generations/{final['id']}/remake").status_code == 404
    preview = final["source_generation_id"]
    assert gallery.merchant("POST", f"generations/{preview}/remake").status_code == 404
