"""The costs of calls of a store's data API; docs/costs.md has the same table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from chalicelib.integrations.object_storage import objects
from infra.bench.round_trips import metered
from infra.bench.sql_messages import counted_messages
from infra.docs.costs_page import STORE_CALLS, StoreCallCost
from tests.platform.store_databases import StoreDatabase, data_client
from tests.platform.store_rows import add_code, add_customer, add_product
from tests.platform.stored_files import TEA, declare, store_with_bucket


@pytest.mark.usefixtures("stopped_clock")  # no minute passes, after which settings are read again
def test_calls_of_the_data_api_cost_what_the_page_says(api: httpx2.Client, shared_database: StoreDatabase) -> None:
    store, bucket = store_with_bucket(shared_database)
    client = data_client(api, store)
    for sku in ("S1", "S2", "S3"):
        product_id = add_product(store, sku, {"USD": "3"}, {"east": 50, "west": 50})
    add_code(store, "TEN", "10", usage_limit=100)
    customer = {"customer_id": add_customer(store)}
    small = {"currency": "USD", "items": [{"sku": "S1", "quantity": 1}]}
    large = {"currency": "USD", "items": [{"sku": f"S{number}", "quantity": 1} for number in (1, 2, 3)]}
    measured: dict[str, StoreCallCost] = {}
    sent: dict[str, list[str]] = {}

    @contextmanager
    def costs(name: str) -> Iterator[None]:
        with metered() as meter, counted_messages() as messages:
            yield
        cost = meter.cost
        measured[name] = StoreCallCost(cost.reads, cost.writes, cost.write_units, len(messages.sent))
        sent[name] = messages.sent

    client.list("products")  # connects, and is the first call of the hour
    with costs("row read"):
        client.call("GET", f"products/{product_id}")
    with costs("rows listed"):
        client.list("products")
    with costs("row created"):
        page = client.add("cms_pages", slug="a", title="A")
    with costs("row changed"):
        client.call("PATCH", f"cms_pages/{page['id']}", {"title": "B"}, if_match='"1"')
    with costs("quote"):
        client.call("POST", "quote", small)
    with costs("order placed, with one line"):
        client.call("POST", "orders", small)
    with costs("order placed, with three lines, customer and code"):
        order = client.call("POST", "orders", large | customer | {"discount_code": "TEN"}).json()
    with costs("the same, with Idempotency-Key"):
        client.call("POST", "orders", large | customer | {"discount_code": "TEN"}, idempotency_key="k")
    for status in ("paid", "fulfilled"):
        with costs(f"order {status}"):
            assert client.call("PATCH", f"orders/{order['id']}", {"status": status}).status_code == 200
    with costs("stock adjusted"):
        client.call("POST", "adjustments", {"product_id": product_id, "location": "east", "delta": 1})
    with costs("file declared"):
        declared = declare(client)
    objects.put_object(bucket, declared["storage_key"], TEA, "image/webp")
    with costs("file completed"):
        client.call("PUT", f"uploads/{declared['id']}")
    with costs("link to a file"):
        client.call("GET", f"uploads/{declared['id']}")
    with costs("file deleted"):
        assert client.call("DELETE", f"media_library/{declared['id']}").status_code == 204
    assert measured == STORE_CALLS, sent
