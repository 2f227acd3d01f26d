"""Generations across shops, for operators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType
from chalicelib.studio.repository.generation_queries import with_state_keys
from chalicelib.studio.service import operator as service
from tests.shops.conftest import listen
from tests.shops.factories import seed
from tests.studio.conftest import Gallery, gallery

__all__ = ["gallery", "listen"]

URL = "/v1/operator/studio/generations"


def add_final(shop: str, status: GenerationStatus, **columns: Any) -> str:
    now = clock.now()
    row = Generation(
        id=ids.new(),
        shop_id=shop,
        product_id=ids.new(),
        ai_style_id=ids.new(),
        input_image_url="s3://bucket/secret-photo",
        generation_type=GenerationType.FINAL,
        status=status,
        ai_prompt_used="a secret prompt",
        **{"created_at": now, "updated_at": now, **columns},
    )
    with_state_keys(row).save()
    return str(row.id)


@pytest.fixture
def operator(api: httpx2.Client) -> httpx2.Client:
    """A client that signs in as an operator."""
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    return api


def list_ids(client: httpx2.Client, **query: str) -> list[str]:
    """Return the ids on all pages."""
    found: list[str] = []
    while True:
        page = client.get(URL, params=query).json()
        found += [row["id"] for row in page["items"]]
        if not page["next_cursor"]:
            return found
        query = {**query, "cursor": page["next_cursor"]}


def test_stuck_and_open_work_of_all_shops_begins_with_the_oldest_lease(operator: httpx2.Client) -> None:
    first, second = seed(2)
    now = clock.now()
    late, later, open_one = (
        add_final(shop, GenerationStatus.PROCESSING, open_work="final", lease_until=now + timedelta(minutes=minutes))
        for shop, minutes in ((first, -20), (second, -10), (first, 10))
    )
    add_final(first, GenerationStatus.COMPLETED)
    assert list_ids(operator) == [late, later]
    assert list_ids(operator, state="open", limit="1") == [late, later, open_one]
    assert list_ids(operator, generation_type="preview") == []
    assert list_ids(operator, shop=first) == [late]
    assert set(list_ids(operator, shop=first, state="open")) == {late, open_one}


def test_failed_finals_are_read_shop_by_shop(operator: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_SHOPS", 2)
    shops = seed(5)
    failed = [add_final(shops[number], GenerationStatus.FAILED, error_message="x") for number in (0, 0, 4)]
    add_final(shops[1], GenerationStatus.COMPLETED)
    assert sorted(list_ids(operator, state="failed")) == sorted(failed)
    assert list_ids(operator, state="failed", shop=shops[4]) == [failed[2]]
    response = operator.get(URL, params={"state": "failed"})
    assert "secret" not in response.text


def test_an_operator_makes_a_failed_print_again(
    gallery: Gallery, listen: Callable[[str], Callable[[], list[dict[str, Any]]]]
) -> None:
    order = gallery.order(gallery.preview()["line_item_property"])
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    [final] = gallery.merchant("GET", "generations?generation_type=final").json()["items"]
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    acts = listen("kit-operator_acted")
    response = gallery.api.post(f"{URL}/{gallery.shop}/{final['id']}/remake", headers=headers)
    assert (response.status_code, response.json()["status"]) == (202, "pending")
    assert [(act["action"], act["detail"]["shop"]) for act in acts()] == [("studio.remake_final", gallery.shop)]
    again = gallery.api.post(f"{URL}/{gallery.shop}/{final['id']}/remake", headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "FinalInProgress")
    other = gallery.api.post(f"{URL}/other.myshopify.com/{final['id']}/remake", headers=headers)
    assert (other.status_code, other.json()["code"]) == (404, "GenerationNotFound")
    assert gallery.drain() == []
    [final] = gallery.merchant("GET", "generations?generation_type=final").json()["items"]
    assert final["status"] == "completed"
