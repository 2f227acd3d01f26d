"""Partners: operators enter them, members find the active ones of a city."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from chalicelib.kit.auth import Role
from tests.together.conftest import As
from tests.together.members import new_member
from tests.together.offers import operate, partner_body


def put(api: httpx2.Client, **fields: Any) -> httpx2.Response:
    return operate(api, "POST", "partners", partner_body(**fields))


def test_members_find_the_active_partners_of_a_city_by_kind(api: httpx2.Client, acting: As) -> None:
    for name, kind in (("a", "restaurant"), ("b", "activity"), ("c", "restaurant")):
        assert put(api, id=name, kind=kind).status_code == 200
    put(api, id="c", is_active=False)
    put(api, id="d", city="Paris")
    client = acting(new_member())
    items = client.call("GET", "partners?city=Lyon").json()["items"]
    assert [item["id"] for item in items] == ["b", "a"]
    assert "url" not in items[0]
    assert "commission_percent" not in items[0]
    kinds = client.call("GET", "partners?city=Lyon&kind=restaurant").json()["items"]
    assert [item["id"] for item in kinds] == ["a"]
    everywhere = operate(api, "GET", "partners?city=Lyon", role=Role.SUPPORT).json()["items"]
    assert sorted(item["id"] for item in everywhere) == ["a", "b", "c"]


def test_a_partner_is_replaced_by_its_id(api: httpx2.Client) -> None:
    first = put(api, commission_percent="7.50").json()
    second = put(api, name="New name").json()
    assert (second["name"], second["commission_percent"]) == ("New name", None)
    assert second["created_at"] == first["created_at"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://partner.example/{click_id}"),
        ("url", "https://partner.example/"),
        ("url", "javascript:alert('{click_id}')"),
        ("url", "https://user:pass@partner.example/{click_id}"),
        ("id", "Two Words"),
        ("country", "France"),
        ("commission_percent", "101"),
        ("name", "a\x00"),
    ],
)
def test_an_invalid_partner_names_its_field(api: httpx2.Client, field: str, value: str) -> None:
    response = put(api, **{field: value})
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, f"body.{field}")


def test_support_and_members_enter_no_partner(api: httpx2.Client, acting: As) -> None:
    assert operate(api, "POST", "partners", partner_body(), role=Role.SUPPORT).status_code == 403
    assert operate(api, "POST", "partners", partner_body(), role=Role.MEMBER).status_code == 403
    assert acting(new_member()).call("GET", "partners").json()["errors"][0]["path"] == "query.city"
