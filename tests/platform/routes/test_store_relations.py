"""Related rows in the answers, and requests that try to be more than they are."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from chalicelib.kit import ids
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.store_database.tables import MEDIA_LIBRARY
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client
from tests.platform.store_rows import add_row


@pytest.fixture
def tea(api: httpx2.Client, either_database: StoreDatabase) -> DataClient:
    """A client of an empty store on either dialect."""
    return data_client(api, connected_store(either_database))


def test_related_rows_are_included_by_name(tea: DataClient) -> None:
    file = {"storage_key": "a", "file_name": "a", "content_type": "image/png", "byte_size": 1}
    image_id = add_row(tea.store, MEDIA_LIBRARY, **file)
    image = tea.call("GET", f"media_library/{image_id}").json()
    one = tea.add("products", name="one", slug="one", sku="one", featured_image_id=image_id)
    two = tea.add("products", name="two", slug="two", sku="two")
    prices = [tea.add("prices", product_id=one["id"], currency="EUR", amount=str(number)) for number in range(30)]
    rows = tea.list("products", expand="featured_image,prices", sort="name", fields="name")
    assert [row["featured_image"] for row in rows] == [image, None]
    assert [len(row["prices"]) for row in rows] == [25, 0]
    single = tea.call("GET", f"products/{one['id']}", params={"expand": "prices"}).json()
    assert single["prices"] == sorted(prices, key=lambda price: price["id"])
    listed = tea.list("prices", expand="product", limit=1)
    assert listed[0]["product"] == one
    assert tea.call("GET", f"products/{two['id']}", params={"expand": "prices"}).json()["prices"] == []


def test_the_tag_of_an_expanded_row_changes_with_its_related_rows(tea: DataClient) -> None:
    path = f"products/{tea.add('products', name='one', slug='one', sku='one')['id']}"
    params = {"expand": "prices"}
    before = tea.call("GET", path, params=params).headers["etag"]
    assert tea.call("GET", path, params=params, if_none_match=before).status_code == 304
    tea.add("prices", product_id=path.removeprefix("products/"), currency="EUR", amount="1")
    after = tea.call("GET", path, params=params, if_none_match=before)
    assert (after.status_code, len(after.json()["prices"])) == (200, 1)
    assert tea.call("GET", path, if_none_match='"1"').status_code == 304
    assert tea.call("PATCH", path, {"name": "x"}, if_match=after.headers["etag"]).status_code == 200


def test_the_items_of_an_order_have_the_decimals_of_its_currency(
    tea: DataClient, either_database: StoreDatabase
) -> None:
    order, item, now = ids.new(), ids.new(), "'2026-01-01 00:00:00'"
    either_database.execute(
        "INSERT INTO {schema}.orders (id, number, status, currency, subtotal, discount_total, tax_total, shipping_total,"
        f" total, placed_at, version, created_at, updated_at) VALUES ('{order}', 7, 'paid', 'JPY', 1000, 0, 0, 0, 1000,"
        f" {now}, 1, {now}, {now})"
    )
    either_database.execute(
        "INSERT INTO {schema}.order_items (id, order_id, position, sku, name, quantity, unit_price, discount_amount,"
        f" total, version, created_at, updated_at) VALUES ('{item}', '{order}', 1, 'a', 'a', 2, 500, 0, 1000, 1, {now}, {now})"
    )
    row = tea.call("GET", f"orders/{order}", params={"expand": "order_items,customer"}).json()
    assert (row["number"], row["total"], row["customer"]) == (7, "1000", None)
    assert [(each["unit_price"], each["total"]) for each in row["order_items"]] == [("500", "1000")]


def test_a_batch_with_large_stored_rows_answers_the_keys_of_those_that_do_not_fit(tea: DataClient) -> None:
    for number in range(6):
        tea.add("cms_pages", slug=f"p{number}", title="t", body="\U0001f375" * 100_000)
    response = tea.call("PUT", "cms_pages", [{"slug": f"p{number}", "title": "new"} for number in range(6)])
    rows = response.json()["items"]
    assert [row["version"] for row in rows] == [2] * 6
    assert [len(row) > 2 for row in rows] == [True, True, False, False, False, False]


def test_a_catalogue_key_expands_no_private_table(tea: DataClient) -> None:
    client = tea.scoped(KeyScope.CATALOGUE)
    assert client.call("GET", "products", params={"expand": "prices"}).status_code == 200
    refused = client.call("GET", "products", params={"expand": "order_items"})
    assert (refused.status_code, refused.json()["code"]) == (422, "InvalidFilter")
    assert "order_items" not in refused.json()["detail"]
    assert tea.call("GET", "products", params={"expand": "order_items"}).status_code == 200


def test_a_page_of_large_rows_has_fewer_rows_and_a_cursor(tea: DataClient) -> None:
    for number in range(6):
        tea.add("cms_pages", slug=f"p{number}", title="t", body="\U0001f375" * 100_000)
    rows: list[dict[str, Any]] = []
    cursor, pages = None, 0
    while cursor or not pages:
        params = {"sort": "slug", **({"cursor": cursor} if cursor else {})}
        page = tea.call("GET", "cms_pages", params=params).json()
        rows, cursor, pages = rows + page["items"], page["next_cursor"], pages + 1
    assert [row["slug"] for row in rows] == [f"p{number}" for number in range(6)]
    assert pages > 1


HOSTILE = (
    "'; DROP TABLE products; --",
    '" OR 1=1 --',
    "id) UNION SELECT 1 --",
    "%s",
    ":name",
    "{schema}",
    "\\",
    "`",
    "a.b",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_refused_and_hostile_values_are_only_values(tea: DataClient, text: str) -> None:
    row = tea.add("products", name=text, slug="a", sku="a")
    for params in (
        {"sort": text},
        {"fields": text},
        {"expand": text},
        {text: "1"},
        {f"{text}.eq": "1"},
        {f"name.{text}": "1"},
        {"cursor": text},
        {"limit": text},
        {"count": text},
        {"created_at.gt": text},
        {"id.in": text},
        {"is_active.eq": text},
    ):
        assert (params, tea.call("GET", "products", params=params).status_code) == (params, 422)
    assert tea.call("POST", "products", {text: 1, "name": "b", "slug": "b", "sku": "b"}).status_code == 422
    assert tea.list("products", name__eq=text) == [row]
    assert tea.list("products", name__in=f'"{text.replace(chr(34), chr(34) * 2)}",x') == [row]
    assert tea.call("PATCH", f"products/{row['id']}", {"name": text * 2}, if_match='"1"').json()["name"] == text * 2
    for table in ("alembic_version", "pg_catalog.pg_user", "PRODUCTS", "products%20"):
        assert tea.call("GET", table).json()["code"] == "StoreTableNotFound"
    assert tea.call("GET", f"products/{ids.new()}:{ids.new()}").status_code == 404
