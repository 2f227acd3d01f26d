"""Discounts in the Shopify sandbox: Shopify's refusals, and who sees what."""

from __future__ import annotations

from typing import Any

import pytest

from infra.sandbox.shopify import ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin

CREATE = """
mutation ($input: DiscountAutomaticAppInput!) {
  discountAutomaticAppCreate(automaticAppDiscount: $input) {
    automaticAppDiscount { discountId status } userErrors { code field message }
  }
}"""
CREATE_CODE = CREATE.replace("Automatic", "Code").replace("automatic", "code")
BY_ID = "mutation ($id: ID!) { discountAutomatic%s(id: $id) { userErrors { code field message } } }"
NODE = 'query ($id: ID!) { discountNode(id: $id) { metafield(namespace: "$app", key: "k") { value } } }'


@pytest.fixture
def owner(shopify: ShopifySandbox, http: Any) -> Admin:
    """The Admin API with the token of the discounts app."""
    return Admin(shopify, http, "discounts")


def create(admin: Admin, query: str = CREATE, **fields: Any) -> dict[str, Any]:
    """Create a discount and return the mutation's result."""
    body = {"title": "Sale", "functionHandle": "sku-discount", "discountClasses": ["PRODUCT"], **fields}
    [result] = admin.call(query, input=body)["data"].values()
    return dict(result)


def created_id(admin: Admin, **fields: Any) -> str:
    return str(create(admin, **fields)["automaticAppDiscount"]["discountId"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": ""}, "BLANK"),
        ({"functionHandle": "unknown"}, "INVALID"),
        ({"startsAt": "2026-02-01T00:00:00Z", "endsAt": "2026-02-01T00:00:00Z"}, "INVALID"),
        ({"metafields": [{"namespace": "$app", "key": "k", "type": "json", "value": "x" * 10_001}]}, "TOO_LONG"),
        ({"combinesWith": {"productDiscountsWithTagsOnSameCartLine": {"add": ["vip"]}}}, "INVALID"),
    ],
)
def test_invalid_discounts_are_refused(owner: Admin, fields: dict[str, Any], code: str) -> None:
    result = create(owner, **fields)
    assert [error["code"] for error in result["userErrors"]] == [code]
    assert result["automaticAppDiscount"] is None


def test_titles_of_automatic_discounts_and_codes_are_unique(owner: Admin) -> None:
    created_id(owner)
    assert create(owner, title="SALE")["userErrors"][0]["code"] == "TAKEN"
    assert create(owner, CREATE_CODE, code="a")["userErrors"] == []
    assert create(owner, CREATE_CODE, code="A")["userErrors"][0]["code"] == "TAKEN"


def test_25_automatic_discounts_can_be_active(owner: Admin) -> None:
    ids = [created_id(owner, title=f"Sale {number}") for number in range(25)]
    assert create(owner)["userErrors"][0]["code"] == "ACTIVE_PERIOD_OVERLAP"
    assert create(owner, startsAt="2999-01-01T00:00:00Z")["userErrors"] == []
    owner.call(BY_ID % "Deactivate", id=ids[0])
    assert create(owner, title="Last")["userErrors"] == []
    [result] = owner.call(BY_ID % "Activate", id=ids[0])["data"].values()
    assert result["userErrors"][0]["code"] == "ACTIVE_PERIOD_OVERLAP"


def test_another_app_neither_sees_nor_changes_a_discount(owner: Admin, admin: Admin, shopify: ShopifySandbox) -> None:
    shopify.update_scopes("studio", SHOP, ["write_discounts"])
    metafield = {"namespace": "$app", "key": "k", "type": "json", "value": "1"}
    node = created_id(owner, metafields=[metafield])
    assert owner.call(NODE, id=node)["data"]["discountNode"] == {"metafield": {"value": "1"}}
    assert admin.call(NODE, id=node)["data"]["discountNode"] is None
    for verb in ("Activate", "Deactivate", "Delete"):
        [result] = admin.call(BY_ID % verb, id=node)["data"].values()
        assert result["userErrors"][0]["field"] == ["id"]
    assert len(shopify.discounts(SHOP)) == 1


def test_a_discount_needs_its_scope(admin: Admin) -> None:
    for query, variables in ((CREATE, {"input": {"title": "x"}}), (NODE, {"id": "1"})):
        [error] = admin.call(query, **variables)["errors"]
        assert error["extensions"]["code"] == "ACCESS_DENIED"


def test_an_uninstall_deletes_the_discounts_of_the_app(owner: Admin, shopify: ShopifySandbox) -> None:
    created_id(owner)
    foreign = shopify.add_foreign_discount(SHOP, "Foreign")
    shopify.app_base_url = "http://127.0.0.1:9"
    shopify.uninstall("discounts", SHOP)
    assert [row["id"] for row in shopify.discounts(SHOP)] == [foreign]
