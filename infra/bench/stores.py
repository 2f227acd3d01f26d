"""Benchmark rows of stores: migration of one store beside its provisioning, a list of rows, a cold start."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from infra.bench import foundation
from infra.bench.provisioned_stores import add_customers, provision, shared_server
from infra.bench.runs import SubjectFailed, in_turn
from infra.bench.table import Row

MIGRATION_BUDGET = 0.1
LIST_BUDGET = 4
FIRST_ANSWER_BUDGET = 4
ROWS = 50


def migration(rounds: int) -> list[Row]:
    """Compare a store's part of a migration of all stores with provisioning the store on a shared server."""
    provisioned: list[Any] = []
    with shared_server():
        subjects = {"migrated": partial(_migrate, provisioned), "provisioned": partial(_provision, provisioned)}
        _provision(provisioned)
        figures = in_turn(subjects, rounds)
    ours, peer = figures["migrated"], figures["provisioned"]
    return [Row("a store migrated", str(ours), f"provisioned {peer}", ours.beside(peer), MIGRATION_BUDGET)]


def listing(rounds: int) -> list[Row]:
    """Compare a list of 50 rows, without admission and HTTP, with the same statement by psycopg alone."""
    times = 200 if rounds > 1 else 2
    with shared_server():
        store, _ = provision()
        add_customers(store, ROWS)
        subjects = {"ours": partial(_list, store, times), "psycopg": partial(_select, store, times)}
        figures = in_turn(subjects, rounds)
    ours, peer = figures["ours"], figures["psycopg"]
    return [Row(f"a list of {ROWS} rows", str(ours), f"raw psycopg {peer}", ours.beside(peer), LIST_BUDGET)]


def first_answer(rounds: int) -> list[Row]:
    """Measure the start of the stores' function until its first list of rows, which opens a connection to the server."""
    from chalicelib.kit import auth
    from chalicelib.kit.auth import Account, Role
    from infra.deploy.packaging import layers

    with shared_server():
        store, _ = provision()
        add_customers(store, ROWS)
        token = auth.mint_store_token(store.id, Account(Role.OWNER, store.owner_id))
        request = ["/v1/store/{proxy+}", token, "customers"]
        ours, peer = foundation.start_times(request, rounds, layers.SQL)
    what = "cold start until a store's rows"
    return [Row(what, str(ours), f"chalice+botocore {peer}", ours.beside(peer), FIRST_ANSWER_BUDGET)]


def _provision(provisioned: list[Any]) -> tuple[float, float]:
    """Provision a new store and add its row to `provisioned`. Returns seconds and 0."""
    store, took = provision()
    provisioned.append(store)
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
    from infra.migrations.downgrade import downgrade_store

    store = provisioned[-1]
    downgrade_store(store.id)
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
