"""Benchmark rows of stores: a store's part of a migration beside its provisioning, a list of rows beside raw psycopg."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench.runs import SubjectFailed, in_turn
from infra.bench.table import Row

MIGRATION_BUDGET = 0.1
LIST_BUDGET = 4
ROWS = 50
_REGION = "eu-central-1"


def migration(rounds: int) -> list[Row]:
    """Compare a store's part of a migration of all stores with provisioning the store on a shared server."""
    provisioned: list[Any] = []
    with _shared_server():
        subjects = {"migrated": partial(_migrate, provisioned), "provisioned": partial(_provision, provisioned)}
        _provision(provisioned)
        figures = in_turn(subjects, rounds)
    ours, peer = figures["migrated"], figures["provisioned"]
    return [Row("a store migrated", str(ours), f"provisioned {peer}", ours.beside(peer), MIGRATION_BUDGET)]


def listing(rounds: int) -> list[Row]:
    """Compare a list of 50 rows, without admission and HTTP, with the same statement by psycopg alone."""
    provisioned: list[Any] = []
    times = 200 if rounds > 1 else 2
    with _shared_server():
        _provision(provisioned)
        store = _add_customers(provisioned[-1])
        subjects = {"ours": partial(_list, store, times), "psycopg": partial(_select, store, times)}
        figures = in_turn(subjects, rounds)
    ours, peer = figures["ours"], figures["psycopg"]
    return [Row(f"a list of {ROWS} rows", str(ours), f"raw psycopg {peer}", ours.beside(peer), LIST_BUDGET)]


@contextmanager
def _shared_server() -> Iterator[None]:
    """Start a PostgreSQL server and name it as the shared server of the region."""
    from chalicelib.kit import secrets
    from chalicelib.kit.auth import Account, Role
    from chalicelib.platform.service import settings, store_connections
    from infra.local.databases import local_logins
    from infra.local.databases.leases import Lease
    from infra.local.databases.login_creation import create_in_postgresql

    secrets.new_key_file(Path(os.environ["SECRETS_KEY_FILE"]))
    os.environ["BENCH_ADMIN_PASSWORD"] = local_logins.PASSWORDS[local_logins.SHARED_ADMIN]
    os.environ["BENCH_LOGIN_PASSWORD"] = local_logins.PASSWORDS[local_logins.SHARED_LOGIN]
    with TemporaryDirectory() as folder, Lease("postgresql", Path(folder) / "postgresql", durable=False) as lease:
        create_in_postgresql(lease.address)
        server = {
            "name": "bench",
            "region": _REGION,
            "host": lease.address.host,
            "port": lease.address.port,
            "database": local_logins.SHARED_DATABASE,
            "username": local_logins.SHARED_LOGIN,
            "password_secret": "BENCH_LOGIN_PASSWORD",
            "admin_username": local_logins.SHARED_ADMIN,
            "admin_password_secret": "BENCH_ADMIN_PASSWORD",
        }
        version = settings.get_setting("shared_servers").version
        settings.put_setting(Account(Role.OPERATOR, "bench"), "shared_servers", {"servers": [server]}, str(version))
        yield
        store_connections.close_connections()


def _provision(provisioned: list[Any]) -> tuple[float, float]:
    """Provision a new store and add its row to `provisioned`. Returns seconds and 0."""
    from chalicelib.platform.enums import DatabaseStatus
    from chalicelib.platform.models import ProvisioningJob
    from chalicelib.platform.repository.stores import get_store
    from chalicelib.platform.schemas.databases import SharedDatabase
    from chalicelib.platform.schemas.provisioning import JobDue
    from chalicelib.platform.service import provisioning, provisioning_worker

    store = _new_store()
    begun = time.perf_counter()
    accepted, _ = provisioning.request_provisioning(store, SharedDatabase(type="shared"), "bench")
    while ProvisioningJob.get(accepted.job_id, consistent_read=True).unfinished:
        provisioning_worker.run_job(JobDue(store_id=store.id, job_id=accepted.job_id))
    took = time.perf_counter() - begun
    provisioned.append(get_store(store.id))
    if provisioned[-1].database_status is not DatabaseStatus.ACTIVE:
        raise SubjectFailed("the store was not provisioned")
    return took, 0


def _migrate(provisioned: list[Any]) -> tuple[float, float]:
    """Migrate the store that was provisioned last, from the first revision. Returns seconds and 0."""
    from chalicelib.kit.auth import Account, Role
    from chalicelib.platform.domain.migration_runs import LISTED_STATUSES
    from chalicelib.platform.enums import MigrationRunStatus, StoreMigrationStatus
    from chalicelib.platform.models import StoreMigration
    from chalicelib.platform.repository import migrations
    from chalicelib.platform.schemas.migrations import StoreListingRequested, StoreMigrationRequested
    from chalicelib.platform.service import migrations as fleet
    from chalicelib.platform.service import store_migrations

    store = provisioned[-1]
    _downgrade(store)
    run = fleet.start_run(Account(Role.OPERATOR, "bench"), is_canary=False)
    for index in range(len(LISTED_STATUSES)):
        fleet.list_fleet(StoreListingRequested(run_id=run.id, status_index=index))
    begun = time.perf_counter()
    store_migrations.migrate_store(StoreMigrationRequested(run_id=run.id, store_id=store.id))
    took = time.perf_counter() - begun
    if StoreMigration.get(run.id, store.id).status is not StoreMigrationStatus.COMPLETED:
        raise SubjectFailed("the store was not migrated")
    migrations.end_run(run.id, MigrationRunStatus.STOPPED)
    return took, 0


def _downgrade(store: Any) -> None:
    """Set a store back to the first revision, without the indexes of the second one."""
    from chalicelib.integrations.sql.identifiers import quoted
    from chalicelib.integrations.sql.servers import Dialect
    from chalicelib.platform.models import Store
    from chalicelib.platform.repository import integration_configs
    from chalicelib.platform.service import store_connections
    from chalicelib.platform.store_database import revisions

    place = integration_configs.load_migrator(store)
    schema = quoted(place.schema, Dialect.POSTGRESQL)
    with store_connections.connect(place.server) as connection:
        for change in revisions.changes("0002", Dialect.MYSQL):
            connection.exec_driver_sql(f"DROP INDEX {schema}.{change.index}")
        connection.exec_driver_sql(f"UPDATE {schema}.alembic_version SET version_num = '{revisions.BASELINE}'")
        connection.commit()
    store.update([Store.schema_revision.set(revisions.BASELINE)])


def _add_customers(store: Any) -> Any:
    """Add the rows to list, and return the store."""
    from sqlalchemy import insert

    from chalicelib.kit import clock, ids
    from chalicelib.platform.service import store_connections
    from chalicelib.platform.store_database.tables import CUSTOMERS

    now = clock.now()
    rows = [
        {"id": ids.new(), "email": f"{number}@example.com", "created_at": now, "updated_at": now}
        for number in range(ROWS)
    ]
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(insert(CUSTOMERS), rows)
    return store


def _list(store: Any, times: int) -> tuple[float, float]:
    from chalicelib.kit.pagination import PageRequest
    from chalicelib.platform.enums import KeyScope
    from chalicelib.platform.schemas.store_rows import RowListQuery
    from chalicelib.platform.service import store_rows
    from chalicelib.platform.service.store_callers import StoreCaller

    caller, query = StoreCaller(store, KeyScope.READ), RowListQuery()
    begun = time.perf_counter()
    for _ in range(times):
        if len(store_rows.list_rows(caller, "customers", query, PageRequest()).items) != ROWS:
            raise SubjectFailed("rows are missing")
    return (time.perf_counter() - begun) / times, 0


def _select(store: Any, times: int) -> tuple[float, float]:
    import psycopg

    from chalicelib.platform.repository import integration_configs

    place = integration_configs.load_place(store)
    server = place.server
    login = {"host": server.host, "port": server.port, "user": server.username, "password": server.password}
    with psycopg.connect(**login, dbname=server.database) as connection:  # type: ignore[arg-type]
        connection.execute(f"SET ROLE {place.role}")
        connection.commit()
        begun = time.perf_counter()
        for _ in range(times):
            connection.execute(f"SELECT * FROM {place.schema}.customers ORDER BY id LIMIT {ROWS + 1}").fetchall()
            connection.commit()
        return (time.perf_counter() - begun) / times, 0


def _new_store() -> Any:
    """Write a store without a database, of a new owner, and return it."""
    from chalicelib.billing import service as billing
    from chalicelib.kit import clock, ids
    from chalicelib.platform.models import Store

    now, store_id = clock.now(), ids.new()
    row = Store(store_id, name="Tea House", slug=f"tea-{store_id}", owner_id=ids.new(), region=_REGION)
    row.limits, row.usage_month = billing.store_plan_limits("free"), f"{now:%Y-%m}"
    row.created_at = row.updated_at = now
    row.save()
    return row
