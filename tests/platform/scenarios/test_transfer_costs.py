"""The costs of the worker of transfers; docs/costs.md has the same table."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service.transfers import imports
from chalicelib.platform.service.transfers.worker import transfer_rows
from infra.bench.round_trips import metered
from infra.bench.sql_messages import counted_messages
from infra.docs.costs_page import STORE_TRANSFERS, TransferCost
from tests.platform.store_databases import StoreDatabase, connected_store, data_client
from tests.platform.transfers import create_import, csv_of, import_file

HEADER = "slug,title"


@pytest.mark.usefixtures("stopped_clock")  # no minute passes, after which settings are read again
def test_transfers_cost_what_the_page_says(
    api: httpx2.Client, shared_database: StoreDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 2)
    client = data_client(api, connected_store(shared_database))
    import_file(client, "cms_pages", csv_of(HEADER, "first,T"))  # connects, and logs the first rows of the hour
    measured: dict[str, TransferCost] = {}
    for name, count in (("import of one batch of new rows", 2), ("import of eleven batches of new rows", 22)):
        lines = (f"{count}-{number},T" for number in range(count))
        measured[name] = cost_of(client.store.id, create_import(client, "cms_pages", csv_of(HEADER, *lines).encode()))
    export = client.call("POST", "transfers", {"kind": "export", "table": "cms_pages"}).json()["id"]
    measured["export of one page"] = cost_of(client.store.id, export)
    assert measured == STORE_TRANSFERS


def cost_of(store_id: str, transfer_id: str) -> TransferCost:
    """Run the transfer to its end and return what that costs."""
    with metered() as meter, counted_messages() as messages:
        transfer_rows(TransferDue(store_id=store_id, transfer_id=transfer_id))
    cost = meter.cost
    return TransferCost(cost.reads, cost.writes, cost.write_units, cost.objects, len(messages.sent))
