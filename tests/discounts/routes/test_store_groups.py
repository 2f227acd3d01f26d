"""Idempotency-Key of the group of stores, and of the other routes that create."""

from __future__ import annotations

from typing import Any

import httpx2

from chalicelib.discounts.models import StoreGroupMember
from chalicelib.discounts.service import store_groups
from chalicelib.kit.models import IdempotencyRecord
from tests.discounts.conftest import NewShop
from tests.discounts.merchants import DiscountShop

STORES_NOTHING = {"/v1/discounts/preview"}


def change(shop: DiscountShop, key: str, action: str, **fields: Any) -> httpx2.Response:
    return shop.merchant("POST", "stores", {"action": action, **fields}, Idempotency_Key=key)


def test_every_creating_route_takes_an_idempotency_key(api: httpx2.Client) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    ours = [path for path in paths if path.startswith(("/v1/discounts/", "/v1/operator/discounts/"))]
    posts = {path: paths[path]["post"] for path in ours if "post" in paths[path]}
    with_key = {
        path for path, post in posts.items() if any(each["name"] == "Idempotency-Key" for each in post["parameters"])
    }
    assert posts.keys() - with_key == STORES_NOTHING


def test_a_repeated_invitation_keeps_the_first_code_in_force(new_discount_shop: NewShop) -> None:
    first, second = new_discount_shop(), new_discount_shop()
    invitation = change(first, "k1", "invite").json()["invitation"]
    repeated = change(first, "k1", "invite")
    assert repeated.json()["invitation"] == {**invitation, "code": None}
    secret = invitation["code"].partition("/")[2]
    assert secret not in str([row.attribute_values for row in IdempotencyRecord.scan()])
    assert change(second, "k2", "join", code=invitation["code"]).status_code == 200
    change(first, "k1", "invite")
    [row] = [row for row in StoreGroupMember.scan() if row.shop == first.shop]
    assert row.invite_hash is None, "a repeat does not open a used invitation again"


def test_a_repeated_join_gets_its_first_answer(new_discount_shop: NewShop) -> None:
    first, second = new_discount_shop(), new_discount_shop()
    code = change(first, "k1", "invite").json()["invitation"]["code"]
    joined = change(second, "k2", "join", code=code)
    assert [store["shop"] for store in joined.json()["stores"]] == [first.shop, second.shop]
    store_groups.leave_group(second.shop)
    repeated = change(second, "k2", "join", code=code)
    assert (repeated.status_code, repeated.json()) == (200, joined.json())
    assert store_groups.list_stores(second.shop) == [second.shop], "a repeat does not join again"
    other = change(second, "k2", "join", code="other/code")
    assert (other.status_code, other.json()["code"]) == (409, "IdempotencyConflict")


def test_a_repeated_leave_ends_no_later_membership(new_discount_shop: NewShop) -> None:
    first, second = new_discount_shop(), new_discount_shop()
    store_groups.join_group(second.shop, change(first, "k1", "invite").json()["invitation"]["code"])
    left = change(second, "k2", "leave")
    assert [store["shop"] for store in left.json()["stores"]] == [second.shop]
    store_groups.join_group(second.shop, change(first, "k3", "invite").json()["invitation"]["code"])
    assert change(second, "k2", "leave").json() == left.json()
    assert store_groups.list_stores(second.shop) == [first.shop, second.shop]
