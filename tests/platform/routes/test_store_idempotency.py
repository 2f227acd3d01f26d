"""Repeated requests with an Idempotency-Key: one effect and one answer, also after a crash."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from chalicelib.kit.models import IdempotencyRecord
from chalicelib.platform.models import Store
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client

TEA: dict[str, Any] = {"name": "Tea", "slug": "tea", "sku": "T"}


@pytest.fixture
def tea(api: httpx2.Client, either_database: StoreDatabase) -> DataClient:
    """A client of an empty store on either dialect."""
    return data_client(api, connected_store(either_database))


def forget_answers() -> None:
    """Delete the stored answers, as if they had expired, or the process had crashed after the store's commit."""
    for record in IdempotencyRecord.scan():
        record.delete()


def test_a_repeat_gets_the_first_answer(tea: DataClient) -> None:
    first = tea.call("POST", "products", TEA, idempotency_key="k")
    repeat = tea.call("POST", "products", TEA, idempotency_key="k")
    assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert repeat.headers["idempotency-replayed"] == "true"
    other = tea.call("POST", "products", {**TEA, "name": "x"}, idempotency_key="k")
    assert other.json()["code"] == "IdempotencyConflict"
    assert len(tea.list("products")) == 1


def test_a_repeat_after_a_crash_finds_the_rows_of_the_first_request(tea: DataClient) -> None:
    body = [{"product_id": tea.add("products", **TEA)["id"], "currency": "EUR", "amount": "1"}]
    for table, rows in (("prices", body), ("products", [{"name": "b", "slug": "b", "sku": "b"}])):
        first = tea.call("POST", table, rows, idempotency_key="k")
        forget_answers()
        repeat = tea.call("POST", table, rows, idempotency_key="k")
        assert (repeat.status_code, repeat.json()) == (201, first.json())
        forget_answers()
        put = tea.call("PUT", table, rows, idempotency_key="p")
        forget_answers()
        assert len(tea.call("PUT", table, rows, idempotency_key="p").json()["items"]) == len(put.json()["items"])
    assert Store.get(tea.store.id, consistent_read=True).product_count == 2 == len(tea.list("products"))
    assert len(tea.list("prices")) == 2


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_key_that_is_used_for_another_body_after_its_record_expired_makes_other_rows(
    tea: DataClient, method: str
) -> None:
    stored = []
    for name in ("a", "b"):
        response = tea.call(method, "products", [{"name": name, "slug": name, "sku": name}], idempotency_key="k")
        stored += response.json()["items"]
        forget_answers()
    assert [row["name"] for row in stored] == ["a", "b"]
    assert sorted(tea.list("products"), key=lambda row: str(row["name"])) == stored


def test_a_refused_request_can_be_repeated(tea: DataClient) -> None:
    assert tea.call("POST", "products", {"name": "x"}, idempotency_key="k").status_code == 422
    assert tea.call("POST", "products", TEA, idempotency_key="k").status_code == 201


def test_the_answer_of_500_rows_is_repeated(tea: DataClient) -> None:
    body = [{"code": f"c{number}", "label": "l" * 200} for number in range(500)]
    first = tea.call("PUT", "attributes", body, idempotency_key="k")
    assert len(first.json()["items"]) == 500
    forget = tea.call("PUT", "attributes", body, idempotency_key="k")
    assert (forget.json(), forget.headers["idempotency-replayed"]) == (first.json(), "true")
