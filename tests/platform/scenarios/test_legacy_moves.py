"""Moves out of legacy databases in which several stores share tables."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from chalicelib.platform.domain.legacy_rows import legacy_id
from chalicelib.platform.enums import DatabaseStatus, DatabaseType, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.schemas.usage_messages import CensusRequested
from chalicelib.platform.service import census
from chalicelib.platform.service.connection_counts import STORE_LIMIT
from tests.platform.moves import begin_move, content_at, move, run_move_to_end, run_until
from tests.platform.provisioning import OwnerApi, owner_api, provision
from tests.platform.store_databases import data_client
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

TABLES = [
    "CREATE TABLE {s}categories (id INT PRIMARY KEY, store_id INT, parent_id INT, name VARCHAR(99), slug VARCHAR(99))",
    "CREATE TABLE {s}products (id INT PRIMARY KEY, store_id INT, name VARCHAR(300), slug VARCHAR(99), sku VARCHAR(99),"
    " status VARCHAR(20), featured_image_id INT)",
    "CREATE TABLE {s}prices (id VARCHAR(9) PRIMARY KEY, store_id INT, product_id INT, currency CHAR(3),"
    " amount DECIMAL(20, 8), valid_from TIMESTAMP NULL, valid_to TIMESTAMP NULL)",
    "CREATE TABLE {s}product_categories (store_id INT, product_id INT, category_id INT)",
    "CREATE TABLE {s}orders (id INT PRIMARY KEY, store_id INT, number INT, currency CHAR(3), status VARCHAR(20),"
    " subtotal DECIMAL(19, 2), discount_total DECIMAL(19, 2), tax_total DECIMAL(19, 2), shipping_total DECIMAL(19, 2),"
    " total DECIMAL(19, 2), billing_address TEXT)",
    "CREATE TABLE {s}media_library (id INT PRIMARY KEY, store_id INT, storage_key VARCHAR(99), file_name VARCHAR(99),"
    " content_type VARCHAR(99), byte_size INT, created_at TIMESTAMP)",
    "CREATE TABLE {s}customers (id INT PRIMARY KEY, store_id INT, email VARCHAR(99))",
    "CREATE TABLE {s}cms_pages (id INT PRIMARY KEY, slug VARCHAR(99))",
]
ROWS = [
    "INSERT INTO {s}categories VALUES (1, 7, 2, 'Green', 'green'), (2, 7, NULL, 'Tea', 'tea'), (3, 7, 99, 'Lost', 'lost'),"
    " (4, 8, NULL, 'Other', 'tea')",
    "INSERT INTO {s}products VALUES (1, 7, 'Sencha', 'sencha', 'S', 'active', NULL), (2, 7, 'Bad', 'bad', 'B', 'sold', NULL),"
    " (3, 7, 'Twin', 'sencha', 'T', 'active', NULL), (4, 7, 'Image', 'image', 'I', 'draft', 5),"
    " (5, 8, 'Other', 'other', 'S', 'active', NULL), (6, 7, '', 'empty', 'E', 'draft', NULL)",
    "INSERT INTO {s}prices VALUES ('a', 7, 1, 'EUR', 1.5, NULL, NULL), ('b', 7, 2, 'EUR', 1, NULL, NULL),"
    " ('c', 7, 1, 'EUR', 1, '2020-01-02 00:00:00', '2020-01-01 00:00:00'), ('d', 8, 5, 'EUR', 1, NULL, NULL)",
    "INSERT INTO {s}product_categories VALUES (7, 1, 1), (7, 1, 2), (8, 5, 4)",
    "INSERT INTO {s}orders VALUES (1, 7, 41, 'EUR', 'paid', 10, 0, 1, 0, 11, '{\"city\": \"Bonn\"}'),"
    " (2, 7, 42, 'EUR', 'paid', 10, 0, 1, 0, 12, NULL), (3, 7, 17, 'EUR', 'shipped', 1, 0, 0, 0, 1, NULL)",
    "INSERT INTO {s}media_library VALUES (1, 7, 'uploads/a.jpg', 'a.jpg', 'image/jpeg', 10, '2020-01-01 00:00:00')",
    "INSERT INTO {s}customers VALUES (1, 7, 'Ann@Example.com'), (2, 7, 'ann@example.com'), (3, 7, 'ann')",
    "INSERT INTO {s}cms_pages VALUES (1, 'about')",
]
REJECTED = {
    ("categories", "3"),  # without the reference
    ("products", "2"),
    ("products", "3"),
    ("products", "4"),  # without the reference
    ("products", "6"),
    ("prices", "b"),
    ("prices", "c"),
    ("orders", "2"),
    ("orders", "3"),
    ("customers", "2"),
    ("customers", "3"),
    ("cms_pages", ""),
}

JOB_SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^s_[0-9a-f]{32}$'"


@pytest.fixture(params=["postgresql", "mysql"])
def legacy(request: pytest.FixtureRequest) -> ServerOfTest:
    """A legacy database with rows of the stores 7 and 8, some of them odd."""
    server: ServerOfTest = request.getfixturevalue(f"own_{request.param}")
    schema = ""
    if request.param == "postgresql":
        server.query("CREATE SCHEMA old")
        schema = "old."
        server.body["schema"] = "old"
    for statement in (*TABLES, *ROWS):
        server.query(statement.replace("{s}", schema))
    return server


def source_of(server: ServerOfTest, store_id: str = "7") -> dict[str, Any]:
    return {"from": {"database": server.body, "store_id": store_id}}


@pytest.fixture
def owner(api: httpx2.Client) -> OwnerApi:
    """The owner of a store without a database."""
    return owner_api(api, new_store())


def snapshot(server: ServerOfTest) -> dict[str, list[Any]]:
    schema = f"{server.body['schema']}." if "schema" in server.body else ""
    names = ("categories", "products", "prices", "product_categories", "orders")
    return {name: sorted(map(repr, server.query(f"SELECT * FROM {schema}{name}"))) for name in names}


def test_the_rows_of_one_store_are_taken_over(
    api: httpx2.Client, owner: OwnerApi, legacy: ServerOfTest, shared_server: ServerOfTest
) -> None:
    before = snapshot(legacy)
    job = move(owner, {"type": "shared"}, **source_of(legacy))
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    assert snapshot(legacy) == before
    store = Store.get(owner.store.id)
    assert (store.database_status, store.order_number) == (DatabaseStatus.ACTIVE, 41)
    content = content_at(integration_configs.load_place(store))
    assert {row["slug"] for row in content["products"]} == {"sencha", "image"}
    assert {row["slug"]: row["parent_id"] for row in content["categories"]} == {
        "green": legacy_id(store.id, "categories", 2),
        "tea": None,
        "lost": None,
    }
    [price] = content["prices"]
    assert price["product_id"] == legacy_id(store.id, "products", 1)
    assert len(content["product_categories"]) == 2
    assert [row["email"] for row in content["customers"]] == ["ann@example.com"]
    [order] = content["orders"]
    assert (order["number"], order["billing_address"]) == (41, {"city": "Bonn"})
    report = owner.get(f"provision/{job.id}/status")["report"]
    assert {(row["table"], row["key"]) for row in report["rejected"]} == REJECTED
    assert report["rejected_count"] == len(REJECTED)
    assert {each["table"]: each["rows"] for each in report["proof"]["tables"]}["products"] == 2
    lines = httpx2.get(report["proof"]["rejected_download_url"]).text.splitlines()
    assert {(row["table"], row["key"]) for row in (json.loads(line)["rejected"] for line in lines)} == REJECTED
    assert len(data_client(api, store).list("products", expand="prices")) == 2
    assert [key.id for key in ProvisioningJob.by_store.query(store.id)] == [job.id]


def test_a_census_keeps_the_files_of_a_legacy_database(
    owner: OwnerApi, legacy: ServerOfTest, shared_server: ServerOfTest
) -> None:
    assert move(owner, {"type": "shared"}, **source_of(legacy)).status is JobStatus.COMPLETED
    store = Store.get(owner.store.id)
    census.count_store(CensusRequested(store_id=store.id))
    [file] = content_at(integration_configs.load_place(store))["media_library"]
    assert (file["storage_key"], file["status"]) == ("uploads/a.jpg", "ready")


def test_a_source_without_the_store_column_is_refused(
    owner: OwnerApi, own_postgresql: ServerOfTest, shared_server: ServerOfTest
) -> None:
    own_postgresql.query("CREATE SCHEMA old; CREATE TABLE old.products (id int PRIMARY KEY)")
    job = move(owner, {"type": "shared"}, **source_of(own_postgresql))
    assert (job.status, job.error_code) == (JobStatus.FAILED, "InvalidSourceStore")
    assert shared_server.query(JOB_SCHEMAS) == [(0,)]
    assert Store.get(owner.store.id).database_status is None


def test_a_store_id_of_another_type_is_refused(
    owner: OwnerApi, legacy: ServerOfTest, shared_server: ServerOfTest
) -> None:
    job = move(owner, {"type": "shared"}, **source_of(legacy, "seven"))
    assert (job.status, job.error_code) == (JobStatus.FAILED, "InvalidSourceStore")
    assert shared_server.query(JOB_SCHEMAS) == [(0,)]


def test_a_canceled_move_out_of_a_legacy_database_leaves_a_store_without_a_database(
    owner: OwnerApi, legacy: ServerOfTest, shared_server: ServerOfTest
) -> None:
    job_id = begin_move(owner, {"type": "shared"}, **source_of(legacy))
    run_move_to_end(job_id, turns=0)
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    assert run_move_to_end(job_id).status is JobStatus.CANCELLED
    store = Store.get(owner.store.id)
    assert {store.database_status, store.database_type, store.active_job} == {None}


def rename_store_column(server: ServerOfTest, old: str, new: str) -> None:
    schema = f"{server.body['schema']}." if "schema" in server.body else ""
    for name in ("categories", "products", "prices", "product_categories", "orders", "media_library", "customers"):
        server.query(f"ALTER TABLE {schema}{name} RENAME COLUMN {old} TO {new}")


@pytest.mark.parametrize("legacy", ["postgresql"], indirect=True)
def test_a_retry_leaves_a_database_that_the_store_got_since(
    owner: OwnerApi, legacy: ServerOfTest, shared_server: ServerOfTest
) -> None:
    rename_store_column(legacy, "store_id", "shop")
    job = move(owner, {"type": "shared"}, **source_of(legacy))
    assert job.error_code == "InvalidSourceStore"
    assert provision(owner, shared_server.body).status is JobStatus.COMPLETED
    rename_store_column(legacy, "shop", "store_id")
    answer = owner.post(f"provision/{job.id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "JobNotRetryable")
    assert Store.get(owner.store.id).active_job is None


@pytest.mark.parametrize("legacy", ["postgresql"], indirect=True)
def test_a_store_with_a_database_is_never_switched_to_legacy_rows(
    owner: OwnerApi, legacy: ServerOfTest, shared_server: ServerOfTest
) -> None:
    job_id = begin_move(owner, {"type": "shared"}, **source_of(legacy))
    assert run_until(job_id, "switch").step == "switch"
    Store(owner.store.id).update(
        [Store.database_type.set(DatabaseType.SHARED), Store.database_status.set(DatabaseStatus.ACTIVE)]
    )
    job = run_move_to_end(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "StoreProvisioned")


def test_each_takeover_counts_as_a_connection_test(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    source = source_of(own_postgresql)
    source["from"]["database"] = {**own_postgresql.body, "password": "wrong-password"}
    for _ in range(STORE_LIMIT.count):
        move(owner, {"type": "shared"}, **source)
    assert owner.post("move", {"database": {"type": "shared"}, **source}).status_code == 429


def test_a_takeover_to_an_own_server_counts_both_servers(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    own_postgresql.query("CREATE SCHEMA old")
    source = source_of(own_postgresql)
    for _ in range(STORE_LIMIT.count // 2):
        move(owner, own_postgresql.body, **source)
    assert owner.post("move", {"database": own_postgresql.body, **source}).status_code == 429


@pytest.mark.parametrize("step", ["compare", "switch"])
def test_a_row_that_the_source_has_no_longer_is_not_taken_over(
    owner: OwnerApi, legacy: ServerOfTest, shared_server: ServerOfTest, step: str
) -> None:
    job_id = begin_move(owner, {"type": "shared"}, **source_of(legacy))
    run_until(job_id, step)
    table = "old.orders" if "schema" in legacy.body else "orders"
    legacy.query(f"DELETE FROM {table} WHERE id = 1")
    if step == "switch":  # a failed job that is retried fills its own tables again
        Store(owner.store.id).update([Store.limits.set({**owner.store.limits, "max_products": 1})])
        assert run_move_to_end(job_id).error_code == "PlanLimitReached"
        Store(owner.store.id).update([Store.limits.set(owner.store.limits)])
        assert owner.post(f"provision/{job_id}/retry").status_code == 202
    job = run_move_to_end(job_id)
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    content = content_at(integration_configs.load_place(Store.get(owner.store.id)))
    assert content["orders"] == []
    report = owner.get(f"provision/{job.id}/status")["report"]
    assert {each["table"]: each["rows"] for each in report["proof"]["tables"]} == {
        name: len(rows) for name, rows in content.items()
    }
