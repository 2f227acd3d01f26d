"""Null in changes by merchants clears a value, or is refused by name."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from tests.studio.conftest import VARIANT, Gallery


def test_null_clears_a_value(gallery: Gallery, base: dict[str, Any]) -> None:
    sizes = f"products/{gallery.product}/sizes"
    size = gallery.merchant("GET", sizes).json()["items"][0]
    variant = f"bases/{base['uuid']}/variants/{base['variant']['uuid']}"
    nullable = {
        f"{sizes}/{size['uuid']}": ["shopify_variant_id"],
        f"bases/{base['uuid']}": ["description", "option_names", "base_price"],
        variant: ["option_values"],
        f"styles/{gallery.style}": ["parameters"],
    }
    gallery.merchant("PUT", f"bases/{base['uuid']}", {"description": "x", "base_price": "1"})
    gallery.merchant("PUT", f"styles/{gallery.style}", {"parameters": {"style": "oil"}})
    for path, names in nullable.items():
        response = gallery.merchant("PUT", path, dict.fromkeys(names))
        assert response.status_code == 200, response.text
        assert [response.json()[name] for name in names] == [None] * len(names)
    free = {
        "name": "x",
        "width_px": 10,
        "height_px": 10,
        "shopify_variant_id": f"gid://shopify/ProductVariant/{VARIANT}",
    }
    assert gallery.merchant("POST", sizes, free).status_code == 201


def test_null_is_refused_for_required_values(gallery: Gallery, base: dict[str, Any]) -> None:
    size = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"][0]
    required = {
        f"products/{gallery.product}": ["title", "is_enabled"],
        f"products/{gallery.product}/sizes/{size['uuid']}": ["name", "width_px", "sort_order"],
        f"bases/{base['uuid']}": ["name", "sort_order", "is_active"],
        f"bases/{base['uuid']}/variants/{base['variant']['uuid']}": ["name", "width_px", "price_modifier", "is_active"],
        f"styles/{gallery.style}": ["name", "prompt_template", "sort_order", "is_active"],
    }
    for path, names in required.items():
        for name in names:
            response = gallery.merchant("PUT", path, {name: None})
            assert (response.status_code, response.json()["errors"][0]["path"]) == (422, f"body.{name}")
    operator = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    url, limit = f"/v1/operator/studio/quotas/{gallery.shop}", "storage_quota_mb"
    response = gallery.api.put(url, json={limit: None}, headers=operator)
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, f"body.{limit}")
