"""A migration of all stores: canary, report, repetition."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import inspect

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.kit import auth, aws, ids, messages
from chalicelib.kit.auth import Role
from chalicelib.platform.database_errors import LoginRefused
from chalicelib.platform.domain.migration_runs import CANARY_SIZE, LISTED_STATUSES
from chalicelib.platform.enums import DatabaseStatus, MigrationRunStatus, StoreMigrationStatus
from chalicelib.platform.models import IntegrationConfig, MigrationRun, Store
from chalicelib.platform.repository import integration_configs, migrations, store_migrations
from chalicelib.platform.schemas.migrations import (
    MigrationRunRead,
    StoreListingRequested,
    StoreMigrationRequested,
    StoreMigrationsRequested,
)
from chalicelib.platform.service import migrations as fleet
from chalicelib.platform.service import store_connections
from chalicelib.platform.service import store_migrations as worker
from chalicelib.platform.store_database.revisions import HEAD
from tests.platform.provisioned_stores import PreparedPlace, downgrade
from tests.platform.stores import new_store

Places = Callable[[str], PreparedPlace]
BASE = "/v1/operator/platform/migrations"


@pytest.fixture
def operator(api: httpx2.Client) -> Callable[..., httpx2.Response]:
    def call(method: str, path: str = "", body: Any = None, role: Role = Role.OPERATOR) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {auth.mint(role, 'ann')}", "Idempotency-Key": ids.new()}
        return api.request(method, BASE + path, json=body, headers=headers)

    return call


def outdated_store(prepared: PreparedPlace, **columns: Any) -> Store:
    """Return a store at the first revision, whose tables are at the place."""
    values = {"database_status": DatabaseStatus.ACTIVE, "schema_revision": "0001", "config_version": 1, **columns}
    store = new_store(database_type=prepared.database_type, **values)
    integration_configs.save_place(store.id, prepared.database_type, prepared.place, prepared.migrator)
    return store


def broken_store(prepared: PreparedPlace) -> Store:
    """Return a store whose server refuses the login that migrates."""
    store = outdated_store(prepared)
    wrong = replace(prepared.migrator, password="wrong")
    integration_configs.save_place(store.id, prepared.database_type, prepared.place, wrong)
    return store


def listed_run() -> MigrationRunRead:
    """Start a run with a canary and list its stores (at most 30 of a status); its messages are dropped."""
    run = fleet.start_run(auth.Account(Role.OPERATOR, "ann"), is_canary=True)
    for index in range(len(LISTED_STATUSES) + 1):
        fleet.list_fleet(StoreListingRequested(run_id=run.id, status_index=index))
    aws.client("sqs").purge_queue(QueueUrl=messages.queue_url("platform-migrate_store"))
    return run


def finish_store(run: MigrationRunRead, store: Store, status: StoreMigrationStatus) -> None:
    """Store a result as a worker does that has not taken the run's next step yet."""
    row = migrations.mark_running(run.id, store.id)
    assert row
    migrations.finish_store(row, status, to_revision=HEAD)


def config_of(store: Store) -> IntegrationConfig:
    """Return the stored connection."""
    [row] = IntegrationConfig.query(store.id)
    return row


def revision_of(store: Store) -> str | None:
    store.refresh(consistent_read=True)
    return store.schema_revision


def test_a_store_whose_login_cannot_be_read_is_reported_and_the_run_completes(
    prepared_places: Places, operator: Callable[..., httpx2.Response], drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    healthy, without_secret, moved, malformed = (outdated_store(prepared) for _ in range(4))
    shared = replace(prepared.migrator, password_secret="SHARED_TEST_SECRET_NOT_SET")
    integration_configs.save_place(without_secret.id, prepared.database_type, prepared.place, shared)
    config_of(moved).update([IntegrationConfig.config_data.set(config_of(healthy).config_data)])
    config_of(malformed).update([IntegrationConfig.public.set({})])

    run = operator("POST", body={"is_canary": False}).json()
    assert drain() == []

    run = operator("GET", f"/{run['id']}").json()
    assert (run["status"], run["done"], run["failed"]) == ("completed", 1, 3)
    failed = operator("GET", f"/{run['id']}/stores").json()["items"]
    assert {row["store_id"]: row["error_message"] for row in failed} == {
        without_secret.id: "A secret that the store's login needs is not set.",
        moved.id: "The store's login cannot be decrypted.",
        malformed.id: "An unexpected error; see the log of platform-migrate_store.",
    }


@pytest.mark.slow
def test_a_run_migrates_199_stores_reports_the_broken_one_and_a_rerun_does_that_one(
    prepared_places: Places, operator: Callable[..., httpx2.Response], drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    downgrade(prepared)
    healthy = [outdated_store(prepared) for _ in range(199)]
    broken = broken_store(prepared)

    run = operator("POST", body={"is_canary": False}).json()
    assert drain() == []

    run = operator("GET", f"/{run['id']}").json()
    assert (run["status"], run["total"], run["done"], run["failed"]) == ("completed", 200, 199, 1)
    assert {revision_of(store) for store in healthy} == {HEAD}
    [failed] = operator("GET", f"/{run['id']}/stores").json()["items"]
    assert failed["store_id"] == broken.id
    assert failed["error_message"] == LoginRefused().detail

    integration_configs.save_place(broken.id, prepared.database_type, prepared.place, prepared.migrator)
    rerun = operator("POST", body={}).json()
    assert drain() == []
    rerun = operator("GET", f"/{rerun['id']}").json()
    assert (rerun["status"], rerun["done"], rerun["skipped"]) == ("completed", 1, 199)
    assert revision_of(broken) == HEAD
    assert [each["id"] for each in operator("GET").json()["items"]] == [rerun["id"], run["id"]]


def test_the_first_failure_of_the_canary_stops_the_run(
    prepared_places: Places, operator: Callable[..., httpx2.Response], drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    stores = [broken_store(prepared) for _ in range(12)]

    run = operator("POST", body={}).json()
    assert drain() == []

    run = operator("GET", f"/{run['id']}").json()
    assert run["status"] == "stopped"
    assert 1 <= run["failed"] <= 5
    assert {revision_of(store) for store in stores} == {"0001"}
    assert operator("POST", body={}).status_code == 202


def test_stores_without_tables_are_skipped_and_the_others_follow_the_canary(
    prepared_places: Places, operator: Callable[..., httpx2.Response], drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    active = [outdated_store(prepared) for _ in range(7)]
    moving = outdated_store(prepared, database_status=DatabaseStatus.MOVING)
    for status in (
        DatabaseStatus.SUSPENDED,
        DatabaseStatus.PROVISIONING,
        DatabaseStatus.FAILED,
        DatabaseStatus.DELETING,
    ):
        outdated_store(prepared, database_status=status)
    new_store()

    run = operator("POST", body={}).json()
    assert drain() == []

    run = operator("GET", f"/{run['id']}").json()
    assert (run["status"], run["total"], run["done"], run["skipped"]) == ("completed", 12, 8, 4)
    assert {revision_of(store) for store in [*active, moving]} == {HEAD}


def test_a_store_suspended_after_its_listing_is_skipped_and_another_takes_its_place(
    prepared_places: Places, drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    stores = [outdated_store(prepared) for _ in range(9)]
    run = listed_run()
    for store in stores[:4]:
        store.update([Store.database_status.set(DatabaseStatus.SUSPENDED)])
    fleet.start_stores(StoreMigrationsRequested(run_id=run.id))
    drain()

    row = MigrationRun.get(run.id)
    assert (row.status, row.total, row.done, row.skipped) == ("completed", 9, 5, 4)


def test_stores_of_the_canary_that_end_together_do_not_keep_the_others_from_starting(
    prepared_places: Places, drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    stores = [outdated_store(prepared) for _ in range(9)]
    run = listed_run()
    for store in stores[: CANARY_SIZE + 1]:
        finish_store(run, store, StoreMigrationStatus.COMPLETED)
    fleet.continue_run(run.id)
    assert drain() == []

    row = MigrationRun.get(run.id)
    assert (row.status, row.done) == ("completed", 9)


def test_a_failure_after_the_canary_stops_no_other_store(
    prepared_places: Places, drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    stores = [outdated_store(prepared) for _ in range(8)]
    run = listed_run()
    for store in stores[:CANARY_SIZE]:
        worker.migrate_store(StoreMigrationRequested(run_id=run.id, store_id=store.id))
    fleet.start_stores(StoreMigrationsRequested(run_id=run.id))
    config_of(stores[5]).update([IntegrationConfig.public.set({})])
    worker.migrate_store(StoreMigrationRequested(run_id=run.id, store_id=stores[5].id))
    drain()

    row = MigrationRun.get(run.id)
    assert (row.status, row.done, row.failed) == ("completed", 7, 1)


def test_the_others_are_not_started_once_a_store_failed(prepared_places: Places) -> None:
    prepared = prepared_places("postgresql")
    stores = [outdated_store(prepared) for _ in range(7)]
    run = listed_run()
    for store in stores[:CANARY_SIZE]:
        finish_store(run, store, StoreMigrationStatus.COMPLETED)
    finish_store(run, stores[CANARY_SIZE], StoreMigrationStatus.FAILED)
    assert not migrations.mark_others_started(run.id)
    fleet.continue_run(run.id)
    assert MigrationRun.get(run.id).status is MigrationRunStatus.STOPPED


def test_only_one_run_at_a_time_and_a_stopped_one_migrates_nothing_more(
    prepared_places: Places, operator: Callable[..., httpx2.Response], drain: Callable[[], list[Any]]
) -> None:
    store = outdated_store(prepared_places("postgresql"))
    run = operator("POST", body={}).json()
    assert operator("POST", body={}).json()["code"] == "MigrationInProgress"

    assert operator("POST", f"/{run['id']}/stop").json()["status"] == "stopped"
    assert drain() == []
    assert revision_of(store) == "0001"
    assert operator("POST", f"/{run['id']}/stop").json()["status"] == "stopped"


def test_a_repeated_message_counts_a_store_once(
    prepared_places: Places, operator: Callable[..., httpx2.Response], drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("postgresql")
    stores = [outdated_store(prepared) for _ in range(6)]
    run = operator("POST", body={}).json()
    drain()
    for store in stores:
        worker.migrate_store(StoreMigrationRequested(run_id=run["id"], store_id=store.id))
    fleet.start_stores(StoreMigrationsRequested(run_id=run["id"]))
    drain()
    assert operator("GET", f"/{run['id']}").json()["done"] == 6


def test_support_reads_the_report_and_starts_nothing(operator: Callable[..., httpx2.Response]) -> None:
    assert operator("GET", role=Role.SUPPORT).status_code == 200
    assert operator("POST", body={}, role=Role.SUPPORT).status_code == 403
    assert operator("GET", f"/{ids.new()}").json()["code"] == "MigrationRunNotFound"


@pytest.mark.parametrize("kind", ["postgresql", "mysql"], indirect=True)
def test_a_migrated_store_has_the_indexes_of_the_newest_revision(prepared_place: PreparedPlace) -> None:
    downgrade(prepared_place)
    place = prepared_place.migrating_place
    with store_connections.connect(place.server) as connection:
        assert store_migrations.read_revision(connection, place.schema) == "0001"
        assert store_migrations.upgrade(connection, place.server.dialect, place.schema) == "0001"
        assert store_migrations.read_revision(connection, place.schema) == HEAD
        assert store_migrations.upgrade(connection, place.server.dialect, place.schema) == HEAD


def test_a_run_of_mysql_that_was_killed_between_statements_is_resumed(prepared_places: Places) -> None:
    prepared = prepared_places("mysql")
    place = prepared.migrating_place
    downgrade(prepared)
    noted: list[int] = []

    def die_at_third(statement: int) -> None:
        noted.append(statement)
        if statement == 2:
            raise SystemExit

    with store_connections.connect(place.server) as connection, pytest.raises(SystemExit):
        store_migrations.upgrade(connection, Dialect.MYSQL, place.schema, note=die_at_third)
    with store_connections.connect(place.server) as connection:
        assert store_migrations.read_revision(connection, place.schema) == "0001"
        store_migrations.upgrade(connection, Dialect.MYSQL, place.schema, note=noted.append)
        assert store_migrations.read_revision(connection, place.schema) == HEAD
    assert noted == [0, 1, 2, 2, 3, 4, 5, 6, 0, 0, 1]


@pytest.mark.parametrize("kind", ["postgresql", "mysql"], indirect=True)
@pytest.mark.parametrize("at_statement", [0, 3, 6])
def test_a_worker_killed_after_any_statement_leaves_tables_that_the_next_one_completes(
    prepared_place: PreparedPlace, at_statement: int
) -> None:
    downgrade(prepared_place)
    place = prepared_place.migrating_place
    given = {"server": asdict(place.server), "schema": place.schema, "at_statement": at_statement}
    killed = subprocess.run(
        [sys.executable, "-m", "tests.platform.killed_migration"], input=json.dumps(given), text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with store_connections.connect(place.server) as connection:
        assert store_migrations.upgrade(connection, place.server.dialect, place.schema) == "0001"
        assert store_migrations.read_revision(connection, place.schema) == HEAD
        found = [index["name"] for index in inspect(connection).get_indexes("order_items", schema=place.schema)]
    assert "ix_order_items_product_id" in found


def test_a_store_of_an_unknown_revision_is_reported_and_not_touched(
    prepared_places: Places, operator: Callable[..., httpx2.Response], drain: Callable[[], list[Any]]
) -> None:
    prepared = prepared_places("mysql")
    outdated_store(prepared)
    downgrade(prepared, revision="9999")
    try:
        run = operator("POST", body={}).json()
        assert drain() == []
        [failed] = operator("GET", f"/{run['id']}/stores").json()["items"]
        assert failed["error_message"] == "The tables have a revision that this version does not know."
    finally:
        downgrade(prepared, revision=HEAD)
