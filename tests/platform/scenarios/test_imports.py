"""CSV imports on both dialects: every good row is stored once, every bad one is in the report."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import Store
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client
from tests.platform.transfers import csv_of, import_file, report_of

PRODUCTS = "name,slug,sku,status"


@pytest.fixture
def tea(api: httpx2.Client, either_database: StoreDatabase) -> DataClient:
    """A client of an empty store on either dialect."""
    return data_client(api, connected_store(either_database))


def product_line(number: int, **columns: Any) -> str:
    values = {"name": f"n{number}", "slug": f"s{number}", "sku": f"k{number}", "status": "active"} | columns
    return ",".join(values.values())


def counts(transfer: dict[str, Any]) -> tuple[int, int, int]:
    return transfer["rows_read"], transfer["rows_written"], transfer["rows_failed"]


def test_a_file_is_imported_and_imported_again_without_a_change(tea: DataClient) -> None:
    content = csv_of(PRODUCTS, *(product_line(number) for number in range(3)))
    first = import_file(tea, "products", content)
    assert (first["status"], first["progress"], counts(first)) == ("completed", 100, (3, 3, 0)), first
    again = import_file(tea, "products", content)
    assert counts(again) == (3, 3, 0)
    rows = tea.list("products", sort="slug")
    assert [(row["slug"], row["sku"], row["version"]) for row in rows] == [(f"s{n}", f"k{n}", 1) for n in range(3)]
    assert Store.get(tea.store.id).product_count == 3
    assert report_of(again) == []


def test_an_upsert_changes_the_named_columns_and_an_insert_refuses_the_row(tea: DataClient) -> None:
    import_file(tea, "products", csv_of(PRODUCTS, product_line(1), product_line(2)))
    changed = import_file(tea, "products", csv_of("slug,name", "s1,New"))
    assert counts(changed) == (1, 1, 0)
    inserted = import_file(tea, "products", csv_of(PRODUCTS, product_line(1), product_line(3)), mode="insert")
    assert counts(inserted) == (2, 1, 1)
    assert [line for line, _, _ in report_of(inserted)] == [2]
    assert [(row["name"], row["sku"]) for row in tea.list("products", sort="slug")] == [
        ("New", "k1"),
        ("n2", "k2"),
        ("n3", "k3"),
    ]


def test_bad_rows_are_reported_with_line_column_and_reason_and_the_others_are_stored(tea: DataClient) -> None:
    content = csv_of(
        PRODUCTS,
        product_line(1),
        product_line(2, status="new"),
        product_line(3, name='"two\nlines"'),
        "only,two",
        product_line(4, name='"junk"x'),
        product_line(5, sku="k1"),
        product_line(6, slug=""),
        product_line(1, name="again"),
        product_line(7),
    ).encode()
    content += b"\xff,s8,k8,active\r\n\r\n"
    transfer = import_file(tea, "products", content)
    assert (transfer["status"], counts(transfer)) == ("completed", (10, 4, 6))
    assert report_of(transfer) == [
        (3, "status", "must be one of draft, active, archived"),
        (6, "", "has 2 values; the first line names 4 columns"),
        (7, "", "has text after a closing quote"),
        (8, "sku", "another row has this value"),
        (9, "slug", "is required"),
        (12, "", "the value 1 is not UTF-8"),
    ]
    names = [(row["slug"], row["name"]) for row in tea.list("products", sort="slug")]
    assert names == [("s1", "again"), ("s3", "two\nlines"), ("s7", "n7")]
    assert Store.get(tea.store.id).product_count == 3


def test_a_missing_reference_and_a_broken_rule_are_reported(tea: DataClient) -> None:
    import_file(tea, "products", csv_of(PRODUCTS, product_line(1)))
    product_id = tea.list("products")[0]["id"]
    missing = "00000000-0000-4000-8000-000000000000"
    content = csv_of(
        "product_id,currency,amount,minimum_quantity,valid_from,valid_to",
        f"{product_id},EUR,19.90,,,",
        f"{missing},EUR,19.90,,,",
        f"{product_id},EUR,19.999,,,",
        f"{product_id},EUR,5,10,2026-02-01T00:00:00Z,2026-01-01T00:00:00Z",
        f"{product_id},EUR,-1,,,",
        f"{product_id},EUR,18.00,10,,",
    )
    transfer = import_file(tea, "prices", content)
    assert counts(transfer) == (6, 2, 4)
    assert report_of(transfer) == [
        (3, "product_id", "refers to a row that does not exist"),
        (4, "amount", "must have at most 2 decimals, as EUR has"),
        (5, "valid_to", "must be after valid_from"),
        (6, "amount", "must be at least 0"),
    ]
    assert sorted(row["amount"] for row in tea.list("prices")) == ["18.00", "19.90"]


def test_products_beyond_the_plan_are_reported(tea: DataClient) -> None:
    Store(tea.store.id).update([Store.limits["max_products"].set(3)])
    transfer = import_file(tea, "products", csv_of(PRODUCTS, *(product_line(number) for number in range(5))))
    assert (transfer["status"], counts(transfer)) == ("completed", (5, 3, 2))
    assert {reason for _, _, reason in report_of(transfer)} == {"the plan's limit of products is reached"}
    assert Store.get(tea.store.id).product_count == 3 == len(tea.list("products"))
    tea.call("DELETE", f"products/{tea.list('products')[0]['id']}")
    dry = import_file(
        tea, "products", csv_of(PRODUCTS, *(product_line(number) for number in range(10, 15))), dry_run=True
    )
    assert counts(dry) == (5, 1, 4)


def test_a_dry_run_reports_the_same_rows_and_stores_nothing(tea: DataClient) -> None:
    content = csv_of(PRODUCTS, product_line(1), product_line(2, sku="k1"), product_line(3, status="x"), product_line(4))
    dry = import_file(tea, "products", content, dry_run=True)
    assert tea.list("products") == []
    assert Store.get(tea.store.id).product_count == 0
    real = import_file(tea, "products", content)
    assert counts(dry) == counts(real) == (4, 2, 2)
    assert report_of(dry) == report_of(real)


def test_categories_come_in_any_order_within_a_batch_and_no_cycle_is_stored(tea: DataClient) -> None:
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(5)]
    content = csv_of(
        "id,parent_id,name,slug",
        f"{ids[0]},{ids[1]},Leaf,leaf",
        f"{ids[1]},,Root,root",
        f"{ids[2]},{ids[3]},A,a",
        f"{ids[3]},{ids[2]},B,b",
    )
    transfer = import_file(tea, "categories", content)
    assert counts(transfer) == (4, 2, 2)
    assert report_of(transfer) == [
        (4, "parent_id", "makes the category its own ancestor"),
        (5, "parent_id", "makes the category its own ancestor"),
    ]
    assert {row["slug"] for row in tea.list("categories")} == {"leaf", "root"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name;slug;sku\na;b;c\n", "separate the columns by commas"),
        ("name,colour\na,b\n", "unknown column: colour"),
        ("name,name\na,b\n", "names a column twice"),
        ("version\n1\n", "no column that an import can set"),
        ("\n", "must name the columns"),
        ("name,slug,sku\na,b,c\n".encode("utf-16"), "must name the columns"),
        ("name,slug,sku\nx,y," + "z" * 1_100_000 + "\n", "The row in line 2 is larger than 1 MB"),
        ('name,slug,sku\nx,y,"' + "z\n" * 600_000, "is a quote not closed?"),
    ],
)
def test_a_file_that_cannot_be_read_fails_and_stores_nothing(
    api: httpx2.Client, shared_database: StoreDatabase, content: str | bytes, message: str
) -> None:
    client = data_client(api, connected_store(shared_database))
    transfer = import_file(client, "products", content)
    assert transfer["status"] == "failed"
    assert message in transfer["error_message"]
    assert client.list("products") == []


def test_an_import_waits_while_the_store_moves_or_its_tables_are_older(
    api: httpx2.Client, shared_database: StoreDatabase
) -> None:
    from chalicelib.platform.schemas.transfers import TransferDue
    from chalicelib.platform.service.transfers.worker import transfer_rows
    from tests.platform.transfers import create_import, run_transfer

    client = data_client(api, connected_store(shared_database))
    transfer_id = create_import(client, "products", csv_of(PRODUCTS, product_line(1)).encode())
    for columns in ({"database_status": DatabaseStatus.MOVING}, {"schema_revision": "0002"}, {"is_active": False}):
        before = Store.get(client.store.id)
        Store(client.store.id).update([getattr(Store, name).set(value) for name, value in columns.items()])
        transfer_rows(TransferDue(store_id=client.store.id, transfer_id=transfer_id))
        Store(client.store.id).update([getattr(Store, name).set(getattr(before, name)) for name in columns])
        waiting = client.call("GET", f"transfers/{transfer_id}").json()
        assert (waiting["status"], waiting["rows_read"]) == ("pending", 0)
        assert waiting["error_message"].startswith("The store")
    done = run_transfer(client, transfer_id)
    assert (done["status"], done["error_message"], counts(done)) == ("completed", None, (1, 1, 0))
