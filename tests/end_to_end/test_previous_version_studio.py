"""Messages, previews, prints and webhooks of the version before continue."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from infra.deploy import renamed_queues
from tests.end_to_end.previous_state import Drain, Previous, folder, previous, sandboxes, time
from tests.studio.conftest import cover_crop

__all__ = ["folder", "previous", "sandboxes", "time"]

Finals = dict[str, dict[str, Any]]


@pytest.fixture
def resumed(previous: Previous, drain: Drain) -> Previous:
    """The state after `make run` has moved the messages of the old queues, and all are handled."""
    previous.move_messages()
    assert drain() == []
    return previous


def finals(previous: Previous) -> Finals:
    """The newest final of each order of the data, by the order's name."""
    items = previous.get("merchant", "/v1/studio/generations?limit=100")["items"]
    by_order = {item["order_id"]: item for item in items if item["generation_type"] == "final"}
    return {name: by_order[order] for name, order in previous.values["orders"].items() if order in by_order}


def updates(previous: Previous) -> dict[str, str]:
    items = previous.get("merchant", "/v1/studio/generations?limit=100")["items"]
    return {item["id"]: item["updated_at"] for item in items}


def status_of(previous: Previous, generation: str) -> str:
    response = previous.call("shopper", "GET", f"generations/{generation}")
    assert response.status_code == 200, response.text
    return str(response.json()["status"])


def test_messages_move_once_and_each_is_handled(resumed: Previous) -> None:
    assert renamed_queues.move_messages() == 0
    assert status_of(resumed, resumed.values["queued"]["id"]) == "completed"
    statuses = {name: final["status"] for name, final in finals(resumed).items()}
    assert statuses["waiting"] == statuses["in_flight"] == statuses["printed"] == statuses["refunded"] == "completed"
    assert statuses["canceled"] == "failed"
    upload = resumed.values["upload"]
    inspected = resumed.call("shopper", "GET", f"uploads/{upload['id']}")
    assert inspected.json()["status"] == "accepted"
    product = resumed.get("merchant", f"/v1/studio/products/{resumed.values['product']}")
    assert product["title"] == "Portrait, told last"
    assert resumed.get("merchant", "/v1/shops/me")["shop_name"] == "Gallery of roses"
    assert resumed.shopify.webhook_subscriptions("studio", resumed.values["newest"])


def test_a_queued_preview_is_generated_from_a_message_without_a_name(previous: Previous, drain: Drain) -> None:
    assert status_of(previous, previous.values["queued"]["id"]) == "pending"
    previous.send("studio-generate")
    assert drain() == []
    assert status_of(previous, previous.values["queued"]["id"]) == "completed"


def test_a_waiting_final_is_printed_from_a_message_without_a_name(previous: Previous, drain: Drain) -> None:
    assert finals(previous)["waiting"]["status"] == "pending"
    previous.send("studio-print")
    assert drain() == []
    final = finals(previous)["waiting"]
    assert (final["status"], final["final_width"], final["final_height"]) == ("completed", 400, 500)
    assert httpx2.get(final["final_url"]).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("name", ["printed", "waiting"])
def test_an_order_with_an_old_line_item_property_is_printed(previous: Previous, drain: Drain, name: str) -> None:
    before = len(previous.get("merchant", "/v1/studio/generations?limit=100")["items"])
    line = {"variant_id": 4101, "product_id": 8001, "quantity": 1, "price": "49.00"}
    lines = [line | {"properties": [previous.values["properties"][name]]}]
    order = previous.shopify.paid_order(previous.shop, lines, customer_id=4711)
    previous.shopify.deliver("studio", previous.shop, "orders/paid", order)
    assert drain() == []
    items = previous.get("merchant", "/v1/studio/generations?limit=100")["items"]
    (final,) = (item for item in items if item["order_id"] == order["admin_graphql_api_id"])
    assert (len(items), final["status"]) == (before + 1, "completed")


def test_a_completed_preview_and_a_failed_one_are_read(previous: Previous) -> None:
    response = previous.call("shopper", "GET", f"generations/{previous.values['preview']['id']}").json()
    assert response["line_item_property"] == previous.values["preview"]["line_item_property"]
    assert httpx2.get(response["preview_url"]).status_code == 200
    failed = previous.call("shopper", "GET", f"generations/{previous.values['failed']['id']}").json()
    assert (failed["status"], failed["error_message"]) == ("failed", previous.values["failed"]["error_message"])


def test_a_photo_uploaded_before_is_used_for_a_preview(previous: Previous, drain: Drain) -> None:
    previous.send("studio-inspect")
    assert drain() == []
    body = {
        "product_id": previous.values["product"],
        "style_id": previous.values["styles_id"],
        "upload_id": previous.values["upload"]["id"],
        "crop": cover_crop(previous.values["upload"]["id"]),
    }
    response = previous.call("shopper", "POST", "generations", body)
    assert response.status_code == 202, response.text
    assert drain() == []
    assert status_of(previous, response.json()["id"]) == "completed"


def test_a_pending_webhook_is_applied_when_shopify_delivers_it_again(previous: Previous, drain: Drain) -> None:
    assert previous.get("merchant", "/v1/shops/me")["shop_name"] != "Gallery of roses"
    assert previous.shopify.redeliver(previous.values["deliveries"]["shop/update"]).status == 200
    assert drain() == []
    assert previous.get("merchant", "/v1/shops/me")["shop_name"] == "Gallery of roses"


def test_a_handled_order_that_is_delivered_again_prints_nothing(resumed: Previous, drain: Drain) -> None:
    before = updates(resumed)
    assert resumed.shopify.redeliver(resumed.values["deliveries"]["orders/paid"]).status == 200
    assert drain() == []
    assert updates(resumed) == before


def test_the_quota_frees_the_slot_of_a_preview_that_was_requested_before(previous: Previous, drain: Drain) -> None:
    before = previous.get("merchant", "/v1/studio/quota")
    assert (before["monthly_generation_limit"], before["generations_at_work"]) == (50, 1)
    previous.move_messages()
    assert drain() == []
    after = previous.get("merchant", "/v1/studio/quota")
    assert (after["current_generations"], after["generations_at_work"]) == (before["current_generations"], 0)


def test_the_catalogue_is_read_and_changed(previous: Previous) -> None:
    product = previous.values["product"]
    assert [base["name"] for base in previous.get("merchant", "/v1/studio/bases")["items"]] == ["Poster"]
    (mapping,) = previous.get("merchant", f"/v1/studio/products/{product}/mappings")["items"]
    body = {
        "product_base_variant_id": mapping["product_base_variant_id"],
        "shopify_variant_id": "gid://shopify/ProductVariant/4103",
    }
    changed = previous.call("merchant", "PUT", f"/v1/studio/products/{product}/mappings", body)
    assert changed.status_code == 200, changed.text
    watermark = previous.get("merchant", "/v1/studio/watermark")
    assert httpx2.get(watermark["image_url"]).status_code == 200
