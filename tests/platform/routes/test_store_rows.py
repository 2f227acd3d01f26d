"""Rows of a store over HTTP: the same calls give the same answers on all four kinds of databases."""

from __future__ import annotations

import httpx
import pytest

from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client


@pytest.fixture
def tea(api: httpx.Client, any_database: StoreDatabase) -> DataClient:
    """A client of an empty store."""
    return data_client(api, connected_store(any_database))


def test_a_created_row_is_read_and_listed_as_it_was_answered(tea: DataClient) -> None:
    created = tea.add("products", name=" Green tea ", slug="green-tea", sku="GT-1")
    assert created["name"] == "Green tea"
    assert (created["status"], created["is_active"], created["version"]) == ("draft", True, 1)
    response = tea.call("GET", f"products/{created['id']}")
    assert (response.json(), response.headers["etag"]) == (created, '"1"')
    assert tea.list("products") == [created]
