"""CSV exports: every table reads back as it was, and a key exports what it may read."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from chalicelib.kit import ids
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import MEDIA_LIBRARY, TABLES
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client
from tests.platform.store_rows import add_row, rows_of
from tests.platform.transfers import export_table, import_file, report_of

WRITABLE = [table.name for table in TABLES if table.name not in ("media_library", "orders", "order_items")]
ODD = 'comma, "quote"\r\nline\ttab; =1+1 \\N ünïcode 🍵'


@pytest.fixture
def tea(api: httpx2.Client, either_database: StoreDatabase) -> DataClient:
    """A client of a store with a row in each writable table, with odd values."""
    client = data_client(api, connected_store(either_database))
    root = client.add("categories", name="Root", slug="root", description=ODD)
    client.add("categories", name="Leaf", slug="leaf", parent_id=root["id"], seo_title="")
    product = client.add("products", name=ODD, slug="s", sku="@SUM(1)", description="", is_active=False)
    client.add("product_categories", product_id=product["id"], category_id=root["id"], sort_order=3)
    attribute = client.add("attributes", code="c", label="C", input_type="select", options=["a", None, 1.5, {"b": ODD}])
    client.add("product_attribute_values", product_id=product["id"], attribute_id=attribute["id"], value="red")
    client.add(
        "prices", product_id=product["id"], currency="JPY", amount="1900", valid_from="2026-01-01T00:00:00.123456Z"
    )
    client.add("prices", product_id=product["id"], currency="KWD", amount="1.234", minimum_quantity=5)
    client.add("inventory", product_id=product["id"], location="east", quantity=7)
    client.add("customers", email="a@example.com", first_name="", last_name=None, addresses=[{"city": ODD}])
    client.add("discounts", code="TEN", title="Ten", value_type="percentage", value="10.5")
    client.add("cms_pages", slug="a", title="A", body="<p>" + "x" * 200_000)
    client.add("seo_settings", scope="store", structured_data={"a": [1, 2.5, "x", None, True]})
    return client


def contents(client: DataClient) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables without the columns that Backroom sets."""
    technical = ("version", "created_at", "updated_at")
    return {
        table: [{name: value for name, value in row.items() if name not in technical} for row in client.list(table)]
        for table in WRITABLE
    }


def test_the_exports_of_all_tables_can_be_imported_into_an_empty_store(
    tea: DataClient, either_database: StoreDatabase
) -> None:
    before = contents(tea)
    files = {table: export_table(tea, table) for table in WRITABLE}
    store_connections.close_connections()
    either_database.prepared.empty()
    for table, content in files.items():
        transfer = import_file(tea, table, content)
        assert (transfer["status"], transfer["rows_failed"]) == ("completed", 0), (table, transfer)
    assert contents(tea) == before


def test_an_export_imported_again_changes_nothing(tea: DataClient) -> None:
    versions = {table: [row["version"] for row in tea.list(table)] for table in WRITABLE}
    for table in WRITABLE:
        content = export_table(tea, table)
        assert import_file(tea, table, content)["rows_failed"] == 0
        assert export_table(tea, table) == content
    assert {table: [row["version"] for row in tea.list(table)] for table in WRITABLE} == versions


def test_an_export_has_the_rows_of_its_filter_and_all_of_more_than_a_page(
    api: httpx2.Client, shared_database: StoreDatabase
) -> None:
    client = data_client(api, connected_store(shared_database))
    for start in (0, 500):
        rows = [
            {"slug": f"s{number}", "title": "odd" if number % 2 else "even"} for number in range(start, start + 500)
        ]
        assert client.call("POST", "cms_pages", rows).status_code == 201
    assert len(export_table(client, "cms_pages").splitlines()) == 1001
    assert len(export_table(client, "cms_pages", filter={"title.eq": "odd"}).splitlines()) == 501
    refused = client.call("POST", "transfers", {"kind": "export", "table": "cms_pages", "filter": {"colour.eq": "x"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "InvalidFilter")


def test_orders_are_exported_only(api: httpx2.Client, shared_database: StoreDatabase) -> None:
    client = data_client(api, connected_store(shared_database))
    for table in ("orders", "order_items"):
        assert export_table(client, table).startswith(b"id,")
        refused = client.call("POST", "transfers", {"kind": "import", "table": table})
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "body.table")


@pytest.mark.parametrize(
    ("scope", "kind", "table", "status"),
    [
        (KeyScope.CATALOGUE, "export", "products", 201),
        (KeyScope.CATALOGUE, "export", "customers", 403),
        (KeyScope.CATALOGUE, "import", "products", 403),
        (KeyScope.READ, "export", "customers", 201),
        (KeyScope.READ, "import", "products", 403),
        (KeyScope.WRITE, "import", "products", 201),
    ],
)
def test_a_key_transfers_what_its_scope_allows(
    api: httpx2.Client, shared_database: StoreDatabase, scope: KeyScope, kind: str, table: str, status: int
) -> None:
    owner = data_client(api, connected_store(shared_database))
    key = owner.scoped(scope)
    assert key.call("POST", "transfers", {"kind": kind, "table": table}).status_code == status
    created = owner.call("POST", "transfers", {"kind": kind, "table": table}).json()
    expected = 200 if status == 201 else 403
    assert key.call("GET", f"transfers/{created['id']}").status_code == expected
    assert (created["id"] in [each["id"] for each in key.list("transfers")]) == (status == 201)
    assert key.call("POST", f"transfers/{created['id']}/cancel").status_code == (202 if status == 201 else 403)


def test_an_import_changes_files_and_adds_none(api: httpx2.Client, shared_database: StoreDatabase) -> None:
    store = connected_store(shared_database)
    client = data_client(api, store)
    key = f"{ids.new()}.png"
    file_id = add_row(
        store, MEDIA_LIBRARY, storage_key=key, file_name="a.png", content_type="image/png", byte_size=1, status="ready"
    )
    content = f"id,storage_key,alt_text\n{file_id},elsewhere,Tea\n{ids.new()},elsewhere,Tea\n"
    transfer = import_file(client, "media_library", content)
    assert (transfer["rows_written"], transfer["rows_failed"]) == (1, 1)
    assert (3, "storage_key", "is required") in report_of(transfer)
    [row] = rows_of(store, MEDIA_LIBRARY)
    assert (row["alt_text"], row["storage_key"]) == ("Tea", key)
