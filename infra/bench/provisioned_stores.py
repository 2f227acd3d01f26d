"""Stores for the benchmarks: a database server for each benchmark row, provisioned stores, and their data."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench.runs import SubjectFailed
from infra.local.databases.address import DatabaseServer
from infra.local.databases.file_locks import locked
from infra.local.databases.leases import KEEPER, Lease

REGION = "eu-central-1"
_CHUNK = 1_000


@contextmanager
def shared_server() -> Iterator[DatabaseServer]:
    """Start a PostgreSQL server and name it as the shared server of the region. Yields its superuser's address."""
    from chalicelib.kit import secrets
    from chalicelib.kit.auth import Account, Role
    from chalicelib.platform.service import settings, store_connections
    from infra.local.databases import local_logins
    from infra.local.databases.login_creation import create_in_postgresql

    secrets.new_key_file(Path(os.environ["SECRETS_KEY_FILE"]))
    os.environ["SHARED_BENCH_ADMIN"] = local_logins.PASSWORDS[local_logins.SHARED_ADMIN]
    os.environ["SHARED_BENCH_LOGIN"] = local_logins.PASSWORDS[local_logins.SHARED_LOGIN]
    with _server() as address:
        create_in_postgresql(address)
        server = {
            "name": "bench",
            "region": REGION,
            "host": address.host,
            "port": address.port,
            "database": local_logins.SHARED_DATABASE,
            "username": local_logins.SHARED_LOGIN,
            "password_secret": "SHARED_BENCH_LOGIN",
            "admin_username": local_logins.SHARED_ADMIN,
            "admin_password_secret": "SHARED_BENCH_ADMIN",
        }
        version = settings.get_setting("shared_servers").version
        settings.put_setting(Account(Role.OPERATOR, "bench"), "shared_servers", {"servers": [server]}, str(version))
        yield address
        store_connections.close_connections()


@contextmanager
def _server() -> Iterator[DatabaseServer]:
    """Start a PostgreSQL server in a folder of its own, and wait until it has stopped before the folder is deleted."""
    with TemporaryDirectory() as folder:
        directory = Path(folder) / "postgresql"
        with Lease("postgresql", directory, durable=False) as lease:
            yield lease.address
        with locked(directory / KEEPER):
            pass


def provision() -> tuple[Any, float]:
    """Provision a new store. Returns its row, and the seconds that the job took. Raises SubjectFailed."""
    from chalicelib.platform.enums import DatabaseStatus
    from chalicelib.platform.repository.stores import get_store
    from chalicelib.platform.schemas.databases import SharedDatabase
    from chalicelib.platform.service import provisioning

    store = _new_store()
    begun = time.perf_counter()
    accepted, _ = provisioning.request_provisioning(store, SharedDatabase(type="shared"), "bench")
    run_job(accepted.job_id)
    took = time.perf_counter() - begun
    store = get_store(store.id)
    if store.database_status is not DatabaseStatus.ACTIVE:
        raise SubjectFailed("the store was not provisioned")
    return store, took


def run_job(job_id: str) -> None:
    """Run a job's worker until the job ends, without the queue's delays. Raises SubjectFailed unless it is completed."""
    from chalicelib.platform.enums import JobStatus
    from chalicelib.platform.models import ProvisioningJob
    from chalicelib.platform.schemas.provisioning import JobDue
    from chalicelib.platform.service import provisioning_worker

    job = ProvisioningJob.get(job_id, consistent_read=True)
    while job.unfinished:
        _end_pause(job)
        provisioning_worker.run_job(JobDue(store_id=job.store_id, job_id=job_id))
        job = ProvisioningJob.get(job_id, consistent_read=True)
    if job.status is not JobStatus.COMPLETED:
        raise SubjectFailed(f"the job ended as {job.status}: {job.error_message}")


def _end_pause(job: Any) -> None:
    """Skip the drain of a move, by moving the start of its pause into the past."""
    from chalicelib.kit import clock
    from chalicelib.platform.domain.move_periods import CALL_DRAIN
    from chalicelib.platform.service.moves.freeze import FROZEN_AT

    if FROZEN_AT in (job.cursor or {}):
        job.update([type(job).cursor.set({**job.cursor, FROZEN_AT: clock.iso(clock.now() - CALL_DRAIN)})])


def add_customers(store: Any, count: int) -> None:
    """Add customers to a store, whose texts have the length of real ones."""
    from sqlalchemy import insert

    from chalicelib.kit import clock, ids
    from chalicelib.platform.service import store_connections
    from chalicelib.platform.store_database.tables import CUSTOMERS

    now, run = clock.now(), ids.new()
    for first in range(0, count, _CHUNK):
        rows = [
            {
                "id": ids.new(),
                "email": f"customer-{number}-{run}@example.com",
                "first_name": "Ada",
                "last_name": f"Customer {number}",
                "phone": f"+44 20 7946 {number:06d}",
                "addresses": [{"line1": "12 Tea Lane", "city": "London", "postal_code": "N1 9GU", "country": "GB"}],
                "created_at": now,
                "updated_at": now,
            }
            for number in range(first, min(first + _CHUNK, count))
        ]
        with store_connections.transaction(store) as transaction:
            transaction.connection.execute(insert(CUSTOMERS), rows)


def _new_store() -> Any:
    """Write a store without a database, of a new owner, and return it."""
    from chalicelib.billing import service as billing
    from chalicelib.kit import clock, ids
    from chalicelib.platform.models import Store

    now, store_id = clock.now(), ids.new()
    row = Store(store_id, name="Tea House", slug=f"tea-{store_id}", owner_id=ids.new(), region=REGION)
    row.limits, row.usage_month = billing.store_plan_limits("free"), f"{now:%Y-%m}"
    row.created_at = row.updated_at = now
    row.save()
    return row
