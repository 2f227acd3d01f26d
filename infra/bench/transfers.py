"""Benchmark rows of imports and backups: an import beside plain batches, and the peak memory at ten times the rows."""

from __future__ import annotations

import csv
import itertools
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench.provisioned_stores import provision, shared_server
from infra.bench.runs import SUBJECTS, Figures, Subject, SubjectFailed, in_turn, interleaved
from infra.bench.table import Row

IMPORT_BUDGET = 2
MEMORY_BUDGET = 1.1
BATCH = 500
"""The rows in a batch, in both programs."""
HEADER = ("email", "first_name", "last_name")
_numbers = itertools.count(1)


def imports(rounds: int) -> list[Row]:
    """Compare the import of a CSV file with a loop that inserts its rows in batches by psycopg, a transaction each."""
    rows = 10_000 if rounds > 1 else BATCH
    with shared_server(), TemporaryDirectory() as folder:
        store, _ = provision()
        subjects = {
            "ours": partial(_import, store, Path(folder), rows),
            "bare": partial(_insert, store, Path(folder), rows),
        }
        figures = in_turn(subjects, rounds)
    ours, peer = figures["ours"], figures["bare"]
    return [Row(f"{rows:,} rows imported", str(ours), f"batches of {BATCH} {peer}", ours.beside(peer), IMPORT_BUDGET)]


def memory(rounds: int) -> list[Row]:
    """Compare the peak memory of an import, and of a backup, with that of a tenth of the rows."""
    rows = 1_000_000 if rounds > 1 else 2_000
    with shared_server(), TemporaryDirectory() as folder:
        peaks = [_peaks(Path(folder), count) for count in (rows // 10, rows)]
    return [
        Row(
            f"memory of {what}, {rows:,} rows",
            f"{large:.0f} MB",
            f"{rows // 10:,} rows {small:.0f} MB",
            large / small,
            MEMORY_BUDGET,
        )
        for what, small, large in zip(("an import", "a backup"), *peaks, strict=True)
    ]


def _peaks(folder: Path, rows: int) -> tuple[float, float]:
    """Return the peak memory of an import of `rows` into a new store, and of the store's backup, in MB."""
    from chalicelib.platform.service.backups import requests

    store, _ = provision()
    imported = _run("import", store.id, _start_import(store, folder, rows))
    _check_import(store.id)
    accepted, _ = requests.request_backup(store, "bench")
    return imported.peak_mb, _run("backup", store.id, accepted.job_id).peak_mb


def _run(kind: str, store_id: str, name: str) -> Figures:
    command: list[str | Path] = [sys.executable, SUBJECTS / "store_work.py", kind, store_id, name]
    return interleaved([Subject(kind, command)], rounds=1)[kind]


def _import(store: Any, folder: Path, rows: int) -> tuple[float, float]:
    from chalicelib.platform.models import Transfer
    from chalicelib.platform.schemas.transfers import TransferDue
    from chalicelib.platform.service.transfers import worker

    transfer_id = _start_import(store, folder, rows)
    begun = time.perf_counter()
    while Transfer.get(store.id, transfer_id, consistent_read=True).completed_at is None:
        worker.transfer_rows(TransferDue(store_id=store.id, transfer_id=transfer_id))
    took = time.perf_counter() - begun
    _check_import(store.id)
    return took, 0


def _start_import(store: Any, folder: Path, rows: int) -> str:
    """Upload a new file and start its import; return the transfer's id."""
    from chalicelib.platform.enums import KeyScope, TransferKind, TransferMode
    from chalicelib.platform.models import Transfer
    from chalicelib.platform.schemas.transfers import TransferCreate
    from chalicelib.platform.service.store_callers import StoreCaller
    from chalicelib.platform.service.transfers import files, requests

    caller = StoreCaller(store, KeyScope.WRITE)
    body = TransferCreate(kind=TransferKind.IMPORT, table="customers", mode=TransferMode.INSERT)
    transfer_id = requests.create_transfer(caller, body).id
    _upload(files.upload_url(Transfer.get(store.id, transfer_id)), _write_file(folder, rows), files.UPLOAD_TYPE)
    requests.start_import(caller, transfer_id)
    return transfer_id


def _upload(url: str, file: Path, content_type: str) -> None:
    from chalicelib.integrations import storage

    storage.put(url, file.read_bytes(), content_type)


def _check_import(store_id: str) -> None:
    """Raise SubjectFailed if the store's newest import did not store all its rows."""
    from chalicelib.kit.pagination import PageRequest
    from chalicelib.platform.enums import TransferStatus
    from chalicelib.platform.repository import transfers

    row = transfers.list_by_store(store_id, PageRequest()).items[0]
    if row.status is not TransferStatus.COMPLETED or row.rows_failed or row.rows_written != row.rows_read:
        raise SubjectFailed(f"the import ended as {row.status} with {row.rows_failed} bad rows: {row.error_message}")


def _insert(store: Any, folder: Path, rows: int) -> tuple[float, float]:
    """Insert the rows of a file in batches, without any check. Returns seconds and 0."""
    import psycopg

    from chalicelib.kit import clock, ids
    from chalicelib.platform.repository import integration_configs

    file = _write_file(folder, rows)
    place = integration_configs.load_place(store)
    server = place.server
    login = {"host": server.host, "port": server.port, "user": server.username, "password": server.password}
    statement = (
        f"INSERT INTO {place.schema}.customers (id, email, first_name, last_name, marketing_consent, total_spent,"
        " order_count, created_at, updated_at) VALUES (%s, %s, %s, %s, false, 0, 0, %s, %s)"
    )
    begun = time.perf_counter()
    with psycopg.connect(**login, dbname=server.database) as connection:  # type: ignore[arg-type]
        connection.execute(f"SET ROLE {place.role}")
        for batch in _batches(file):
            now = clock.now()
            values = [(ids.new(), *row, now, now) for row in batch]
            with connection.cursor() as cursor:
                cursor.executemany(statement, values)
            connection.commit()
    return time.perf_counter() - begun, 0


def _batches(file: Path) -> Iterator[list[list[str]]]:
    with file.open(newline="") as text:
        rows = csv.reader(text)
        next(rows)
        while batch := list(itertools.islice(rows, BATCH)):
            yield batch


def _write_file(folder: Path, rows: int) -> Path:
    """Write a file of new customers and return its path."""
    run = next(_numbers)
    path = folder / f"{run}.csv"
    with path.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows((f"c{number}-{run}@example.com", "Ada", f"Customer {number}") for number in range(rows))
    return path
