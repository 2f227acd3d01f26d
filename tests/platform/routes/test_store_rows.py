"""Rows of a store over HTTP: the same calls give the same answers on all four kinds of databases."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from chalicelib.kit import ids
from chalicelib.platform.enums import DatabaseType
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client


@pytest.fixture
def tea(api: httpx2.Client, any_database: StoreDatabase) -> DataClient:
    """A client of an empty store."""
    return data_client(api, connected_store(any_database))


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def add_products(tea: DataClient, *named: str) -> list[dict[str, Any]]:
    """Create products with these names in one call."""
    body = [{"name": name, "slug": f"s-{number}", "sku": f"k-{number}"} for number, name in enumerate(named)]
    return list(tea.call("POST", "products", body).json()["items"])


def refusal(response: httpx2.Response) -> tuple[int, str, list[str]]:
    """Return the status, the code and the paths of the errors."""
    document = response.json()
    return response.status_code, document["code"], [error["path"] for error in document.get("errors", [])]


def test_a_created_row_is_read_and_listed_as_it_was_answered(tea: DataClient) -> None:
    created = tea.add("products", name=" Green tea ", slug="green-tea", sku="GT-1")
    assert created["name"] == "Green tea"
    assert (created["status"], created["is_active"], created["version"]) == ("draft", True, 1)
    response = tea.call("GET", f"products/{created['id']}")
    assert (response.json(), response.headers["etag"]) == (created, '"1"')
    assert tea.list("products") == [created]
    assert tea.call("GET", f"products/{ids.new()}").json()["code"] == "RowNotFound"
    assert tea.call("GET", "products/1").json()["code"] == "RowNotFound"


def test_texts_sort_by_code_point_and_are_compared_exactly(tea: DataClient) -> None:
    add_products(tea, "b", "a", "B", "ä", "Z", "\U0001f375", "a b", "\uffee")
    assert names(tea.list("products", sort="name")) == ["B", "Z", "a", "a b", "b", "ä", "\uffee", "\U0001f375"]
    assert names(tea.list("products", name__eq="a")) == ["a"]
    assert names(tea.list("products", name__eq="A")) == []
    assert names(tea.list("products", name__gt="b", sort="-name")) == ["\U0001f375", "\uffee", "ä"]


def test_patterns_match_with_and_without_case(tea: DataClient) -> None:
    add_products(tea, "Green tea", "green TEA 100%", "Tea_pot", "Teapot", "TÈ VERDE", "a!b", "back\\slash")
    cases = {
        ("like", "%tea%"): ["Green tea"],
        ("ilike", "%tea%"): ["Green tea", "Tea_pot", "Teapot", "green TEA 100%"],
        ("like", "%100\\%"): ["green TEA 100%"],
        ("like", "Tea\\_pot"): ["Tea_pot"],
        ("like", "Tea_pot"): ["Tea_pot"],
        ("like", "Teap_t"): ["Teapot"],
        ("ilike", "tè %"): ["TÈ VERDE"],
        ("like", "a!b"): ["a!b"],
        ("like", "back\\\\%"): ["back\\slash"],
        ("like", "'; DROP TABLE products; --"): [],
    }
    for (operator, pattern), expected in cases.items():
        rows = tea.list("products", sort="name", **{f"name__{operator}": pattern})
        assert (pattern, names(rows)) == (pattern, expected)
    assert refusal(tea.call("GET", "products", params={"name.like": "x\\"}))[1] == "InvalidFilter"


def test_nulls_come_last_and_match_only_is(tea: DataClient) -> None:
    body = [
        {"name": name, "slug": name, "sku": name, "product_type": kind}
        for name, kind in (("one", "b"), ("two", None), ("three", "a"), ("four", None), ("five", ""))
    ]
    assert tea.call("POST", "products", body).status_code == 201
    assert names(tea.list("products", sort="product_type,name")) == ["five", "three", "one", "four", "two"]
    assert names(tea.list("products", sort="-product_type,-name")) == ["one", "three", "five", "two", "four"]
    assert names(tea.list("products", product_type__ne="a", sort="name")) == ["five", "one"]
    assert names(tea.list("products", product_type__is="null", sort="name")) == ["four", "two"]
    assert names(tea.list("products", product_type__is="not_null", sort="name")) == ["five", "one", "three"]


@pytest.mark.parametrize("sort", ["", "product_type", "-product_type,name", "is_active,-created_at", "-id"])
def test_pages_of_any_order_hold_each_row_once(tea: DataClient, sort: str) -> None:
    body = [
        {"name": f"n{number % 3}", "slug": f"s{number}", "sku": f"k{number}", "is_active": number % 2 == 0}
        | ({"product_type": f"t{number % 4}"} if number % 5 else {})
        for number in range(17)
    ]
    tea.call("POST", "products", body)
    params = {"sort": sort} if sort else {}
    whole = tea.list("products", limit=100, **params)
    rows, cursor = [], None
    while True:
        page = tea.call("GET", "products", params={**params, "limit": 4, **({"cursor": cursor} if cursor else {})})
        rows += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert rows == whole
    assert len(rows) == 17


def test_a_cursor_continues_after_its_row_while_rows_change(tea: DataClient) -> None:
    rows = add_products(tea, "a", "b", "c", "d", "e")
    page = tea.call("GET", "products", params={"sort": "name", "limit": 2}).json()
    assert names(page["items"]) == ["a", "b"]
    tea.call("DELETE", f"products/{rows[1]['id']}")
    tea.call("DELETE", f"products/{rows[2]['id']}")
    tea.add("products", name="aa", slug="aa", sku="aa")
    params = {"sort": "name", "limit": 2, "cursor": page["next_cursor"]}
    assert names(tea.call("GET", "products", params=params).json()["items"]) == ["d", "e"]
    for changed in ({"sort": "-name"}, {"name.gt": "a"}, {"cursor": page["next_cursor"] + "x"}):
        assert tea.call("GET", "products", params={**params, **changed}).status_code == 422


def test_pages_continue_after_values_of_a_wider_column_that_was_adopted(
    tea: DataClient, any_database: StoreDatabase
) -> None:
    is_mysql = any_database.kind is DatabaseType.MYSQL
    change = "ALTER TABLE {schema}.inventory " + ("MODIFY " if is_mysql else "ALTER COLUMN ") + "low_stock_threshold "
    item = tea.add("products", name="a", slug="a", sku="a")["id"]
    for location in ("a", "b", "c"):
        tea.add("inventory", product_id=item, location=location, quantity=1)
    any_database.execute(change + ("BIGINT" if is_mysql else "TYPE BIGINT"))
    try:
        any_database.execute("UPDATE {schema}.inventory SET low_stock_threshold = 6000000000")
        params: dict[str, Any] = {"sort": "low_stock_threshold,location", "limit": 2}
        page = tea.call("GET", "inventory", params=params).json()
        rest = tea.call("GET", "inventory", params={**params, "cursor": page["next_cursor"]})
        assert rest.status_code == 200, rest.text
        assert [row["location"] for row in (*page["items"], *rest.json()["items"])] == ["a", "b", "c"]
    finally:
        any_database.execute("UPDATE {schema}.inventory SET low_stock_threshold = NULL")
        any_database.execute(change + ("INTEGER" if is_mysql else "TYPE INTEGER"))


def test_amounts_are_exact_and_have_the_decimals_of_their_currency(tea: DataClient) -> None:
    product = tea.add("products", name="a", slug="a", sku="a")["id"]
    stored = {
        currency: tea.add("prices", product_id=product, currency=currency, amount=amount)["amount"]
        for currency, amount in (("EUR", "19.9"), ("JPY", 1200), ("KWD", "0.125"), ("USD", "999999999999999.99"))
    }
    assert stored == {"EUR": "19.90", "JPY": "1200", "KWD": "0.125", "USD": "999999999999999.99"}
    assert {row["currency"]: row["amount"] for row in tea.list("prices")} == stored
    assert [row["currency"] for row in tea.list("prices", amount__gte="19.90", sort="amount")] == ["EUR", "JPY", "USD"]
    assert [row["amount"] for row in tea.list("prices", amount__in="0.125,19.9", sort="amount", fields="amount")] == [
        "0.125",
        "19.90",
    ]
    for currency, amount in (
        ("JPY", "1.5"),
        ("USD", "1.005"),
        ("EUR", "-1"),
        ("EUR", 19.9),
        ("EUR", "NaN"),
        ("EUR", "1e3"),
    ):
        body = {"product_id": product, "currency": currency, "amount": amount}
        assert refusal(tea.call("POST", "prices", body)) == (422, "InvalidRow", ["body.amount"])


def test_times_keep_microseconds_and_any_offset(tea: DataClient) -> None:
    product = tea.add("products", name="a", slug="a", sku="a")["id"]
    row = tea.add(
        "prices",
        product_id=product,
        currency="EUR",
        amount="1",
        valid_from="2026-03-29T03:30:00.123456+02:00",
        valid_to="9999-12-31T23:59:59.999999Z",
    )
    assert (row["valid_from"], row["valid_to"]) == ("2026-03-29T01:30:00.123456Z", "9999-12-31T23:59:59.999999Z")
    assert tea.list("prices", valid_from__eq="2026-03-29T01:30:00.123456Z") == [row]
    assert tea.list("prices", valid_from__gt="2026-03-29T01:30:00.123456Z") == []
    for moment in ("2026-03-29", "2026-03-29T01:30:00", "0999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", 7):
        body = {"product_id": product, "currency": "EUR", "amount": "1", "valid_from": moment}
        assert refusal(tea.call("POST", "prices", body)) == (422, "InvalidRow", ["body.valid_from"])


def test_json_is_stored_and_answered_the_same(tea: DataClient) -> None:
    value: Any = {
        "zz": 1,
        "a": [True, None, "ü\U0001f375", {"deep": [1.5, -0.25, 1e16, 10**17, 2**70, 1e-7, 0]}],
        "quote": 'it\'s "x" \\ %s :name {schema}',
    }
    created = tea.add("attributes", code="c", label="l", options=value)
    assert tea.call("GET", f"attributes/{created['id']}").json() == created
    assert created["options"]["a"][3]["deep"] == [1.5, -0.25, 10**16, 10**17, 2.0**70, 1e-7, 0]
    for hostile in ({"a": "\0"}, ["\ud800"], float("nan"), 1e999):
        response = tea.api.request(
            "POST",
            "/v1/store/attributes",
            content=json.dumps({"code": "d", "label": "l", "options": hostile}),
            headers={"Authorization": f"Bearer {tea.token}"},
        )
        assert response.status_code in (400, 422)
    plain: tuple[Any, ...] = (None, [], {}, 0, False, "")
    for options in plain:
        row = tea.add("attributes", code=f"c{options!r}", label="l", options=options)
        assert tea.call("GET", f"attributes/{row['id']}").json()["options"] == options


def test_a_change_needs_the_version_and_names_only_what_changes(tea: DataClient) -> None:
    row = tea.add("products", name="a", slug="a", sku="a")
    path = f"products/{row['id']}"
    assert tea.call("PATCH", path, {"name": "b"}).status_code == 428
    changed = tea.call("PATCH", path, {"name": "b"}, if_match='"1"')
    assert changed.headers["etag"] == '"2"'
    assert changed.json() == {**row, "name": "b", "version": 2, "updated_at": changed.json()["updated_at"]}
    assert tea.call("GET", path).json() == changed.json()
    assert tea.call("PATCH", path, {"name": "c"}, if_match='"1"').json()["code"] == "VersionMismatch"
    assert tea.call("PATCH", path, {"name": "b"}, if_match='"2"').json() == changed.json()
    assert tea.call("DELETE", path, if_match='"1"').status_code == 412
    assert tea.call("DELETE", path, if_match='"2"').status_code == 204
    assert tea.call("DELETE", path).json()["code"] == "RowNotFound"
    assert tea.call("PATCH", path, {"name": "c"}, if_match='"2"').json()["code"] == "RowNotFound"


def test_repeated_unique_values_and_missing_references_are_conflicts(tea: DataClient) -> None:
    row = tea.add("products", name="a", slug="a", sku="a")
    other = tea.add("products", name="b", slug="b", sku="b")
    body = {"name": "c", "slug": "a", "sku": "b"}
    assert refusal(tea.call("POST", "products", body)) == (409, "RowAlreadyExists", ["body.slug", "body.sku"])
    assert refusal(tea.call("POST", "products", {**body, "id": row["id"], "slug": "c", "sku": "c"})) == (
        409,
        "RowAlreadyExists",
        ["body.id"],
    )
    response = tea.call("PATCH", f"products/{other['id']}", {"slug": "a"}, if_match='"1"')
    assert refusal(response) == (409, "RowAlreadyExists", ["body.slug"])
    price = {"product_id": ids.new(), "currency": "EUR", "amount": "1"}
    assert refusal(tea.call("POST", "prices", price))[:2] == (409, "ReferencedRowMissing")
    assert len(tea.list("products")) == 2


def test_a_batch_is_all_or_none_with_errors_by_row(tea: DataClient) -> None:
    add_products(tea, "first")
    rows: list[dict[str, Any]] = [
        {"name": "a", "slug": "a", "sku": "a"},
        {"name": "b", "slug": "s-0", "sku": "b"},
        {"name": "c", "slug": "c", "sku": "c"},
    ]
    assert refusal(tea.call("POST", "products", rows)) == (409, "RowAlreadyExists", ["body.1.slug"])
    rows[1] = {"name": "", "slug": "a", "status": "sold", "version": 3, "color": "red", "featured_image_id": 7}
    assert refusal(tea.call("POST", "products", rows)) == (
        422,
        "InvalidRow",
        [f"body.1.{name}" for name in ("name", "status", "version", "color", "featured_image_id", "sku")],
    )
    rows[1] = {"name": "b", "slug": "a", "sku": "c"}
    assert refusal(tea.call("POST", "products", rows))[2] == ["body.1.slug", "body.2.sku"]
    assert names(tea.list("products")) == ["first"]
    assert tea.call("POST", "products", []).status_code == 422
    assert tea.call("POST", "products", [rows[0]] * 501).json()["detail"] == "Send 1 to 500 rows."


def test_an_upsert_finds_rows_by_id_or_by_the_first_unique_column(tea: DataClient) -> None:
    first, second = add_products(tea, "first", "second")
    body = [
        {"id": first["id"], "name": "by id", "slug": "moved"},
        {"slug": "s-1", "name": "by slug"},
        {"name": "new", "slug": "new", "sku": "new"},
        {"id": ids.new(), "name": "given id", "slug": "given", "sku": "given"},
    ]
    rows = tea.call("PUT", "products", body).json()["items"]
    assert [(row["name"], row["version"]) for row in rows] == [
        ("by id", 2),
        ("by slug", 2),
        ("new", 1),
        ("given id", 1),
    ]
    assert (rows[0]["id"], rows[1]["id"], rows[3]["id"]) == (first["id"], second["id"], body[3]["id"])
    assert rows[0]["sku"] == first["sku"]
    assert sorted(tea.list("products"), key=str) == sorted(rows, key=str)
    assert tea.call("PUT", "products", body).json()["items"] == rows
    body = [{"slug": "s-1", "name": "x"}, {"id": second["id"], "name": "y"}]
    assert refusal(tea.call("PUT", "products", body))[2] == ["body.1.id", "body.1.slug", "body.1.sku"]
    assert refusal(tea.call("PUT", "products", [{"slug": "z", "name": "z"}]))[2] == ["body.0.sku"]
    assert refusal(tea.call("PUT", "products", [{"slug": "s-1", "sku": "new"}])) == (
        409,
        "RowAlreadyExists",
        ["body.0.sku"],
    )


def test_rows_that_join_two_tables_are_found_by_both_ids(tea: DataClient) -> None:
    product = tea.add("products", name="a", slug="a", sku="a")["id"]
    category = tea.add("categories", name="a", slug="a")["id"]
    row = tea.add("product_categories", product_id=product, category_id=category)
    path = f"product_categories/{product}:{category}"
    assert tea.call("GET", path).json() == row
    assert refusal(tea.call("POST", "product_categories", {"product_id": product, "category_id": category}))[0] == 409
    put = tea.call("PUT", "product_categories", [{"product_id": product, "category_id": category, "sort_order": 4}])
    assert [(each["sort_order"], each["version"]) for each in put.json()["items"]] == [(4, 2)]
    assert tea.call("PATCH", path, {"sort_order": 5}, if_match='"2"').json()["sort_order"] == 5
    assert refusal(tea.call("PATCH", path, {"category_id": ids.new()}, if_match='"3"'))[0] == 422
    assert tea.call("DELETE", f"categories/{category}").status_code == 204
    assert tea.call("GET", path).status_code == 404


def test_fields_limit_the_columns_and_a_count_says_how_many_match(tea: DataClient) -> None:
    add_products(tea, "a", "b", "c")
    page = tea.call("GET", "products", params={"fields": "name", "count": "true", "limit": 2, "name.ne": "b"}).json()
    assert page["count"] == 2
    assert [sorted(row) for row in page["items"]] == [["id", "name", "version"]] * 2
    assert tea.call("GET", "products").json()["count"] is None


def test_concurrent_changes_of_one_row_let_one_version_win(tea: DataClient) -> None:
    row = tea.add("products", name="a", slug="a", sku="a")

    def change(number: int) -> int:
        path = f"products/{row['id']}"
        return tea.call("PATCH", path, {"name": f"n{number}"}, if_match='"1"').status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(change, range(8)))
    assert sorted(statuses) == [200] + [412] * 7
    assert tea.call("GET", f"products/{row['id']}").json()["version"] == 2
