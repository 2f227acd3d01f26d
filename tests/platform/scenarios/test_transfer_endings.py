"""How transfers end, wait and are resumed: cancellation, duplicate messages, limits, usage, and the files' end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import Store, Transfer
from chalicelib.platform.repository import transfers
from chalicelib.platform.repository.usage_logs import iterate_logs_of_hour
from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service import lapsed_jobs, store_connections
from chalicelib.platform.service.transfers import files, imports, runs
from chalicelib.platform.service.transfers.worker import transfer_rows
from chalicelib.platform.store_database.cursors import CURSORS
from tests.platform.provisioning import Drain
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client
from tests.platform.transfers import (
    create_import,
    csv_of,
    end_lease,
    import_file,
    report_of,
    run_transfer,
    upload_file,
)

HEADER = "slug,title"


@pytest.fixture
def tea(api: httpx2.Client, shared_database: StoreDatabase) -> DataClient:
    """A client of an empty store."""
    return data_client(api, connected_store(shared_database))


def pages(count: int, start: int = 0) -> bytes:
    return csv_of(HEADER, *(f"s{number},T" for number in range(start, start + count))).encode()


def run(client: DataClient, transfer_id: str) -> None:
    transfer_rows(TransferDue(store_id=client.store.id, transfer_id=transfer_id))


def cursors(store: Store) -> list[str]:
    with store_connections.transaction(store) as transaction:
        return list(transaction.connection.scalars(CURSORS.select().with_only_columns(CURSORS.c.id)))


def test_a_transfer_runs_from_its_queue_and_is_shown_with_links_alone(tea: DataClient, drain: Drain) -> None:
    transfer_id = create_import(tea, "cms_pages", pages(3) + b"s1\r\n")
    assert drain() == []
    transfer = tea.call("GET", f"transfers/{transfer_id}").json()
    assert (transfer["status"], transfer["rows_written"], transfer["upload"]) == ("completed", 3, None)
    assert "s3://" not in str(transfer)
    assert tea.list("transfers")[0]["id"] == transfer_id
    assert transfer_id not in cursors(tea.store)


def test_an_import_starts_once_its_file_is_there(tea: DataClient) -> None:
    created = tea.call("POST", "transfers", {"kind": "import", "table": "cms_pages"}).json()
    assert created["status"] == "awaiting_upload"
    refused = tea.call("POST", f"transfers/{created['id']}/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "TransferNotUploaded")
    upload_file(created["upload"], pages(1))
    assert [tea.call("POST", f"transfers/{created['id']}/start").status_code for _ in range(2)] == [202, 202]
    run_transfer(tea, created["id"])
    ended = tea.call("POST", f"transfers/{created['id']}/start")
    assert (ended.status_code, ended.json()["code"]) == (409, "TransferEnded")


def test_an_import_starts_within_a_day_of_its_creation(tea: DataClient) -> None:
    created = tea.call("POST", "transfers", {"kind": "import", "table": "cms_pages"}).json()
    upload_file(created["upload"], pages(1))
    row = Transfer(tea.store.id, created["id"])
    row.update([Transfer.created_at.set(clock.now() - timedelta(days=1, minutes=1))])
    refused = tea.call("POST", f"transfers/{created['id']}/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "TransferTooOld")
    row.update([Transfer.created_at.set(clock.now() - timedelta(hours=23))])
    assert tea.call("POST", f"transfers/{created['id']}/start").status_code == 202


def test_a_store_has_three_unfinished_transfers_and_others_wait_for_none(
    tea: DataClient, shared_database: StoreDatabase
) -> None:
    export = {"kind": "export", "table": "cms_pages"}
    waiting = tea.call("POST", "transfers", {"kind": "import", "table": "cms_pages"}).json()
    upload_file(waiting["upload"], pages(1))
    unfinished = [tea.call("POST", "transfers", export).json()["id"] for _ in range(3)]
    for path, body in (("transfers", export), (f"transfers/{waiting['id']}/start", None)):
        refused = tea.call("POST", path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "TooManyTransfers")
    other = data_client(tea.api, connected_store(shared_database))
    assert other.call("POST", "transfers", export).status_code == 201
    run_transfer(tea, unfinished[0])
    assert tea.call("POST", f"transfers/{waiting['id']}/start").status_code == 202
    assert tea.call("POST", f"transfers/{waiting['id']}/start").status_code == 202, "it has begun"
    tea.call("POST", f"transfers/{unfinished[1]}/cancel")
    assert tea.call("POST", "transfers", export).status_code == 201


def test_the_form_takes_no_other_type_of_file(tea: DataClient) -> None:
    form = tea.call("POST", "transfers", {"kind": "import", "table": "cms_pages"}).json()["upload"]
    fields = form["fields"] | {"Content-Type": "text/html"}
    assert httpx2.post(form["url"], data=fields, files={"file": ("a", b"x", "text/html")}).status_code == 403


def test_a_file_that_was_replaced_since_the_start_fails(tea: DataClient) -> None:
    created = tea.call("POST", "transfers", {"kind": "import", "table": "cms_pages"}).json()
    upload_file(created["upload"], pages(1))
    tea.call("POST", f"transfers/{created['id']}/start")
    upload_file(created["upload"], pages(2))
    transfer = run_transfer(tea, created["id"])
    assert (transfer["status"], transfer["error_message"]) == ("failed", "The file was replaced while it was read.")


def test_a_canceled_import_stops_before_its_next_batch(tea: DataClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 10)
    monkeypatch.setattr(imports, "SAVED_BATCHES", 1)
    transfer_id = create_import(tea, "cms_pages", pages(50))
    save = transfers.save_progress

    def cancel_at_first(row: Transfer, columns: dict[str, object]) -> None:
        save(row, columns)
        tea.call("POST", f"transfers/{transfer_id}/cancel")

    monkeypatch.setattr(transfers, "save_progress", cancel_at_first)
    run(tea, transfer_id)
    transfer = tea.call("GET", f"transfers/{transfer_id}").json()
    assert transfer["status"] == "cancelled"
    assert len(tea.list("cms_pages", limit=100)) <= 20
    assert tea.call("POST", f"transfers/{transfer_id}/cancel").json()["code"] == "TransferEnded"


@pytest.mark.parametrize("is_running", [True, False])
def test_a_canceled_import_reports_what_it_stored(
    tea: DataClient, monkeypatch: pytest.MonkeyPatch, *, is_running: bool
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    monkeypatch.setattr(imports, "SAVED_AFTER", timedelta(hours=1))
    transfer_id = create_import(tea, "cms_pages", pages(12) + b"x,\r\n" + pages(100, 12)[len(HEADER) + 2 :])
    batches, usable = iter(range(40)), runs.usable_store

    def cancel_at_fourth(row: Transfer) -> Store:
        if next(batches) == 4:
            if not is_running:
                raise MemoryError  # as a worker that crashes before it has saved its progress
            assert tea.call("POST", f"transfers/{transfer_id}/cancel").json()["status"] == "cancelled"
        return usable(row)

    monkeypatch.setattr(imports, "usable_store", cancel_at_fourth)
    if is_running:
        run(tea, transfer_id)
    else:
        monkeypatch.setattr(imports._ImportRun, "save_all", lambda _: None)
        with pytest.raises(MemoryError):
            run(tea, transfer_id)
        monkeypatch.undo()
        assert tea.call("POST", f"transfers/{transfer_id}/cancel").json()["status"] == "cancelled"
        run(tea, transfer_id)
    transfer = tea.call("GET", f"transfers/{transfer_id}").json()
    stored = len(tea.list("cms_pages", limit=100))
    assert (transfer["status"], transfer["rows_written"], transfer["rows_failed"]) == ("cancelled", stored, 1)
    assert [line for line, _, _ in report_of(transfer)] == [14]
    assert cursors(tea.store) == []
    row = Transfer.get(tea.store.id, transfer_id, consistent_read=True)
    assert {getattr(row, name) for name in ("unfinished", "lease_holder", "lease_until")} == {None}
    [log] = [log for log in iterate_logs_of_hour(tea.store.id, start_of_hour(clock.now())) if "import" in log.endpoint]
    assert log.changes == {"cms_pages": {"created": stored}}


def test_a_canceled_import_waits_for_its_store_and_stays_canceled(tea: DataClient) -> None:
    transfer_id = create_import(tea, "cms_pages", pages(3))
    tea.call("POST", f"transfers/{transfer_id}/cancel")
    Store(tea.store.id).update([Store.database_status.set(DatabaseStatus.MOVING)])
    run(tea, transfer_id)
    row = Transfer.get(tea.store.id, transfer_id, consistent_read=True)
    assert (row.status.value, row.unfinished) == ("cancelled", Transfer.RUNNING)
    assert row.error_message is None
    ended_at = row.completed_at
    Store(tea.store.id).update([Store.database_status.set(DatabaseStatus.ACTIVE)])
    run(tea, transfer_id)
    row.refresh(consistent_read=True)
    assert (row.status.value, row.completed_at) == ("cancelled", ended_at)
    assert row.unfinished is None
    assert tea.list("cms_pages") == []


def test_concurrent_workers_store_each_row_once(tea: DataClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    transfer_id = create_import(tea, "cms_pages", pages(40), mode="insert")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: run(tea, transfer_id), range(4)))
    transfer = run_transfer(tea, transfer_id)
    assert (transfer["rows_written"], transfer["rows_failed"]) == (40, 0)


def test_a_worker_that_lost_its_lease_stores_nothing_more(tea: DataClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    transfer_id = create_import(tea, "cms_pages", pages(20), mode="insert")
    usable, turns = runs.usable_store, iter([False, False, True])

    def store_whose_lease_is_lost(row: Transfer) -> Store:
        if next(turns, False):
            end_lease(tea, transfer_id)
            run_transfer(tea, transfer_id)
        return usable(row)

    monkeypatch.setattr(imports, "usable_store", store_whose_lease_is_lost)
    run(tea, transfer_id)
    transfer = tea.call("GET", f"transfers/{transfer_id}").json()
    assert (transfer["status"], transfer["rows_written"], transfer["rows_failed"]) == ("completed", 20, 0)


def test_an_import_ends_after_too_many_rejected_rows(tea: DataClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MAX_FAILURES", 7)
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    lines = [f"s{number},{'T' if number < 5 else ''}" for number in range(30)]
    transfer = import_file(tea, "cms_pages", csv_of(HEADER, *lines))
    assert (transfer["status"], transfer["rows_written"], transfer["rows_failed"]) == ("failed", 5, 10)
    assert "rows were rejected" in transfer["error_message"]
    assert len(report_of(transfer)) == 10


def test_an_import_has_at_most_its_limit_of_rows(tea: DataClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MAX_ROWS", 10)
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    assert import_file(tea, "cms_pages", pages(10))["status"] == "completed"
    transfer = import_file(tea, "cms_pages", pages(11, 100))
    assert (transfer["status"], transfer["rows_written"]) == ("failed", 10)


def test_an_import_continues_after_its_turn_behind_others(tea: DataClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    monkeypatch.setattr(imports, "TURN", timedelta(0))
    transfer_id = create_import(tea, "cms_pages", pages(12))
    for read in (5, 10):
        run(tea, transfer_id)
        row = Transfer.get(tea.store.id, transfer_id, consistent_read=True)
        assert (row.status.value, row.rows_read) == ("running", read)
        assert row.lease_holder is None
    transfer = run_transfer(tea, transfer_id)
    assert (transfer["status"], transfer["rows_written"]) == ("completed", 12)


def test_the_schedule_queues_what_has_no_worker_and_nothing_twice(tea: DataClient, drain: Drain) -> None:
    Store(tea.store.id).update([Store.database_status.set(DatabaseStatus.MOVING)])
    created = Transfer(tea.store.id, create_of(tea))
    run(tea, created.id)
    Store(tea.store.id).update([Store.database_status.set(DatabaseStatus.ACTIVE)])
    created.refresh(consistent_read=True)
    assert created.lease_holder is None
    assert created.lease_until > clock.now()
    end_lease(tea, created.id)
    assert transfers.requeue(tea.store.id, created.id)
    assert not transfers.requeue(tea.store.id, created.id), "it is queued"
    end_lease(tea, created.id)
    lapsed_jobs.resume_transfers(clock.now())
    assert drain() == []
    assert tea.call("GET", f"transfers/{created.id}").json()["status"] == "completed"


def create_of(client: DataClient) -> str:
    """Write an import that is due, as the store cannot be called."""
    now = clock.now()
    row = Transfer(
        client.store.id,
        ids.time_ordered(),
        kind="import",
        table_name="cms_pages",
        mode="upsert",
        status="awaiting_upload",
        created_at=now,
        updated_at=now,
        expires_epoch=now + Transfer.KEEP,
    )
    row.save()
    storage.put(files.upload_url(row), pages(2), "text/csv")
    facts = storage.stat(files.upload_url(row))
    assert facts
    assert transfers.mark_pending(row, files.cursor_of_file(facts))
    return str(row.id)


def test_a_transfer_that_waits_for_a_day_fails(tea: DataClient) -> None:
    transfer_id = create_import(tea, "cms_pages", pages(1))
    Transfer(tea.store.id, transfer_id).update([Transfer.created_at.set(clock.now() - timedelta(days=2))])
    Store(tea.store.id).update([Store.database_status.set(DatabaseStatus.MOVING)])
    run(tea, transfer_id)
    row = Transfer.get(tea.store.id, transfer_id, consistent_read=True)
    assert (row.status.value, row.error_message) == ("failed", "The store's database is being moved. It took too long.")


def test_an_import_fails_if_another_database_replaced_the_one_with_its_rows(
    tea: DataClient, shared_database: StoreDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 5)
    monkeypatch.setattr(imports, "TURN", timedelta(0))
    transfer_id = create_import(tea, "cms_pages", pages(12))
    run(tea, transfer_id)
    store_connections.close_connections()
    shared_database.prepared.empty()  # as a restore of an earlier backup, which has no cursors
    with store_connections.transaction(tea.store) as transaction:
        transaction.connection.execute(CURSORS.delete())
    transfer = run_transfer(tea, transfer_id)
    assert transfer["status"] == "failed"
    assert transfer["error_message"] == "The store's database was replaced; import the file again."
    assert tea.list("cms_pages") == []


@pytest.mark.parametrize("kind", ["import", "export"])
def test_a_completed_transfer_shows_no_earlier_wait(tea: DataClient, kind: str) -> None:
    if kind == "import":
        transfer_id = create_import(tea, "cms_pages", pages(0))
    else:
        transfer_id = tea.call("POST", "transfers", {"kind": kind, "table": "cms_pages"}).json()["id"]
    Store(tea.store.id).update([Store.is_active.set(False)])
    run(tea, transfer_id)
    Store(tea.store.id).update([Store.is_active.set(True)])
    assert tea.call("GET", f"transfers/{transfer_id}").json()["error_message"] is not None
    run(tea, transfer_id)
    done = tea.call("GET", f"transfers/{transfer_id}").json()
    assert (done["status"], done["error_message"]) == ("completed", None)


def test_the_usage_log_has_one_entry_for_all_rows_of_an_import(tea: DataClient) -> None:
    import_file(tea, "cms_pages", pages(3))
    import_file(tea, "cms_pages", csv_of(HEADER, "s1,New", "s7,T"))
    import_file(tea, "cms_pages", pages(9), dry_run=True)
    logs = [log for log in iterate_logs_of_hour(tea.store.id, start_of_hour(clock.now())) if log.changes]
    assert [log.changes for log in logs] == [
        {"cms_pages": {"created": 3}},
        {"cms_pages": {"created": 1, "updated": 1}},
    ]


def test_another_stores_transfer_is_not_found(tea: DataClient, shared_database: StoreDatabase) -> None:
    other = data_client(tea.api, connected_store(shared_database))
    transfer_id = tea.call("POST", "transfers", {"kind": "export", "table": "cms_pages"}).json()["id"]
    for method, path in (("GET", ""), ("POST", "/start"), ("POST", "/cancel")):
        answer = other.call(method, f"transfers/{transfer_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "TransferNotFound")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"kind": "export", "table": "cms_pages", "mode": "insert"}, "body.mode"),
        ({"kind": "export", "table": "cms_pages", "dry_run": True}, "body.dry_run"),
        ({"kind": "import", "table": "cms_pages", "filter": {"slug.eq": "a"}}, "body.filter"),
    ],
)
def test_a_request_that_makes_no_sense_names_the_field(tea: DataClient, body: dict[str, object], path: str) -> None:
    answer = tea.call("POST", "transfers", body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
    assert tea.call("POST", "transfers", {"kind": "export", "table": "nothing"}).status_code == 404
