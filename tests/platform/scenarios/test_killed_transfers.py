"""Imports and exports whose workers are killed (SIGKILL) again and again."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.platform.enums import DatabaseType
from chalicelib.platform.models import Store, Transfer
from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service.transfers.worker import transfer_rows
from tests.platform.killed_transfer import killed_transfer
from tests.platform.store_databases import StoreDatabase, connected_store, data_client
from tests.platform.store_orders import PLENTY
from tests.platform.transfers import create_import, csv_of, end_lease, report_of

GOOD, BAD = 24, 6


def lines() -> list[str]:
    """Return product lines: each fifth one is bad, in a way that the server finds, or the parser."""
    good = [f"n{number},s{number},k{number},active" for number in range(GOOD)]
    for number in range(BAD):
        bad = f"x,t{number},k0,active" if number % 2 else f"x,t{number},u{number},unknown"
        good.insert(number * 5 + 4, bad)
    return good


@pytest.mark.slow
def test_an_import_stores_every_good_row_once_however_often_its_workers_are_killed(
    api: httpx2.Client, either_database: StoreDatabase
) -> None:
    store = connected_store(either_database, limits=PLENTY)  # a crash leaves reserved products
    mode = "upsert" if either_database.kind is DatabaseType.MYSQL else "insert"
    client = data_client(api, store)
    transfer_id = create_import(client, "products", csv_of("name,slug,sku,status", *lines()).encode(), mode=mode)
    kills, nth, read = 0, 1, 0
    with killed_transfer() as run:
        for _ in range(300):
            was_killed = run(store.id, transfer_id, nth)
            row = Transfer.get(store.id, transfer_id, consistent_read=True)
            assert row.rows_read >= read
            if row.completed_at is not None:
                break
            if was_killed and row.lease_holder is not None:
                transfer_rows(TransferDue(store_id=store.id, transfer_id=transfer_id))  # delivered again
                again = Transfer.get(store.id, transfer_id, consistent_read=True)
                assert (again.lease_holder, again.rows_read) == (row.lease_holder, row.rows_read)
            end_lease(client, transfer_id)
            row.update([Transfer.attempts.set(0)])  # a worker is not killed again and again in one place
            nth = nth + 3 if row.rows_read == read else nth % 3 + 1 + max(0, nth - 18)
            kills, read = kills + was_killed, row.rows_read
    assert kills > 12
    transfer = client.call("GET", f"transfers/{transfer_id}").json()
    assert transfer["status"] == "completed", transfer["error_message"]
    assert (transfer["rows_read"], transfer["rows_written"], transfer["rows_failed"]) == (GOOD + BAD, GOOD, BAD)
    rows = client.list("products", limit=100, sort="slug")
    assert sorted(row["slug"] for row in rows) == sorted(f"s{number}" for number in range(GOOD))
    assert {row["version"] for row in rows} == {1}
    expected = [position + 2 for position, line in enumerate(lines()) if line.startswith("x")]
    assert [line for line, _, _ in report_of(transfer)] == expected
    assert Store.get(store.id).product_count >= GOOD, "what crashes reserved is corrected by the census"


@pytest.mark.slow
def test_an_export_is_whole_however_often_its_workers_are_killed(
    api: httpx2.Client, shared_database: StoreDatabase
) -> None:
    store = connected_store(shared_database)
    client = data_client(api, store)
    client.call("POST", "cms_pages", [{"slug": f"s{number}", "title": "T"} for number in range(20)])
    transfer_id = client.call("POST", "transfers", {"kind": "export", "table": "cms_pages"}).json()["id"]
    nth = 1
    with killed_transfer() as run:
        while run(store.id, transfer_id, nth):
            row = Transfer.get(store.id, transfer_id, consistent_read=True)
            if row.completed_at is not None:
                break
            assert row.file_url is None
            end_lease(client, transfer_id)
            row.update([Transfer.attempts.set(0)])
            nth += 2
    assert nth > 8
    transfer = client.call("GET", f"transfers/{transfer_id}").json()
    assert (transfer["status"], transfer["rows_written"]) == ("completed", 20)
    assert len(httpx2.get(transfer["file_url"]).text.splitlines()) == 21
