"""CSV transfers of a store over HTTP, run by the worker without the queue's delays."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx2

from chalicelib.kit import clock
from chalicelib.platform.domain.transfers import LEASE
from chalicelib.platform.models import Transfer
from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service.transfers.worker import transfer_rows
from tests.platform.store_databases import DataClient

Json = dict[str, Any]


def create_import(client: DataClient, table: str, content: bytes, **options: Any) -> str:
    """Create an import, upload its file and start it. Returns its id."""
    answer = client.call("POST", "transfers", {"kind": "import", "table": table, **options})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    upload_file(body["upload"], content)
    started = client.call("POST", f"transfers/{body['id']}/start")
    assert started.status_code == 202, started.text
    return str(body["id"])


def upload_file(form: Json, content: bytes) -> None:
    """Post a file to the form of an import."""
    posted = httpx2.post(form["url"], data=form["fields"], files={"file": ("rows.csv", content, "text/csv")})
    assert posted.status_code == 201, posted.text


def import_file(client: DataClient, table: str, content: str | bytes, **options: Any) -> Json:
    """Import a file and return the transfer at its end."""
    data = content.encode() if isinstance(content, str) else content
    return run_transfer(client, create_import(client, table, data, **options))


def export_table(client: DataClient, table: str, **options: Any) -> bytes:
    """Export a table and return the file."""
    answer = client.call("POST", "transfers", {"kind": "export", "table": table, **options})
    assert answer.status_code == 201, answer.text
    transfer = run_transfer(client, answer.json()["id"])
    assert transfer["status"] == "completed", transfer
    return httpx2.get(transfer["file_url"]).content


def run_transfer(client: DataClient, transfer_id: str) -> Json:
    """Run a transfer's worker until the transfer has ended, and return the transfer as the API shows it."""
    for _ in range(50):
        transfer_rows(TransferDue(store_id=client.store.id, transfer_id=transfer_id))
        answer = client.call("GET", f"transfers/{transfer_id}").json()
        if answer["completed_at"] is not None:
            return dict(answer)
    raise AssertionError(f"the transfer did not end: {answer}")


def end_lease(client: DataClient, transfer_id: str) -> None:
    """Let the time of a crashed worker's lease pass."""
    row = Transfer(client.store.id, transfer_id)
    row.update([Transfer.lease_until.set(clock.now() - LEASE)], condition=Transfer.unfinished.exists())


def report_of(transfer: Json) -> list[tuple[int, str, str]]:
    """Return the rejected rows: line, column, reason."""
    if transfer["report_url"] is None:
        return []
    header, *lines = csv.reader(io.StringIO(httpx2.get(transfer["report_url"]).text))
    assert header == ["line", "column", "reason"]
    return [(int(line), column, reason) for line, column, reason in lines]


def csv_of(header: str, *lines: str) -> str:
    """Return a file of these lines."""
    return "".join(f"{line}\r\n" for line in (header, *lines))
