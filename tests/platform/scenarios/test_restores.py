"""Restores of backups: equal row by row on every server, and nothing changed by one that is damaged or stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.backup_manifests import KEPT
from chalicelib.platform.domain.provisioning import Step
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.domain.store_values import canonical_json
from chalicelib.platform.enums import DatabaseStatus, JobKind, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import integration_configs, provisioning_jobs
from chalicelib.platform.repository.provisioning_jobs import SCHEDULED
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.backups import load
from chalicelib.platform.service.backups.heartbeats import Heartbeat
from chalicelib.platform.service.provisioning_worker import run_job
from chalicelib.platform.store_database.tables import PRODUCTS
from infra.bench.round_trips import metered
from infra.docs.backup_costs import BACKUPS
from infra.sandbox.supabase import SupabaseSandbox
from tests.platform.backups import (
    back_up,
    change_manifest,
    forgive,
    put_content,
    renew_digest,
    rewrite,
)
from tests.platform.filled_stores import fill
from tests.platform.killed_worker import killed_worker
from tests.platform.moves import content_at, end_pause, run_move_to_end, run_until
from tests.platform.provisioning import OwnerApi, end_lease, owner_api, provision
from tests.platform.store_databases import data_client
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

Content = dict[str, list[dict[str, Any]]]


def filled_owner(api: httpx2.Client, server: ServerOfTest, rows: int = 3) -> OwnerApi:
    """Return the owner of a provisioned store with rows in each table."""
    owner = owner_api(api, new_store())
    assert provision(owner, server.body).status is JobStatus.COMPLETED
    fill(Store.get(owner.store.id), rows)
    return owner


def place_of(owner: OwnerApi) -> StorePlace:
    return integration_configs.load_place(Store.get(owner.store.id, consistent_read=True))


def content_of(owner: OwnerApi) -> Content:
    """Return all rows of the store, read with the login of its calls; numbers in JSON have the form of any server."""
    return {
        table: [{name: canonical_json(value) for name, value in row.items()} for row in rows]
        for table, rows in content_at(place_of(owner)).items()
    }


def spoil(owner: OwnerApi) -> None:
    """Change and delete rows of the store."""
    with store_connections.transaction(Store.get(owner.store.id)) as transaction:
        transaction.connection.execute(PRODUCTS.delete().where(PRODUCTS.c.slug.like("p-%")))
    data_client(owner.api, owner.store).add("products", name="Wrong", slug="wrong", sku="WRONG")


def begin_restore(owner: OwnerApi, backup: ProvisioningJob, database: dict[str, Any] | None = None) -> str:
    """Request a restore and return the job's id."""
    answer = owner.post("restore", {"backup": backup.id} | ({"database": database} if database else {}))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def restore(owner: OwnerApi, backup: ProvisioningJob, database: dict[str, Any] | None = None) -> ProvisioningJob:
    """Request a restore and run it to its end."""
    return run_move_to_end(begin_restore(owner, backup, database))


@pytest.mark.parametrize("name", ["shared_server", "own_postgresql", "supabase_account"])
def test_a_restored_store_is_the_backup_row_by_row(
    name: str, api: httpx2.Client, request: pytest.FixtureRequest, supabase: SupabaseSandbox
) -> None:
    owner = filled_owner(api, request.getfixturevalue(name))
    backup, before, old = back_up(owner), content_of(owner), place_of(owner)
    kind = Store.get(owner.store.id).database_type
    spoil(owner)
    job = restore(owner, backup)
    assert job.status is JobStatus.COMPLETED, (job.step, job.error_code, job.error_message)
    assert content_of(owner) == before
    row = Store.get(owner.store.id)
    assert (row.database_type, row.database_status) == (kind, DatabaseStatus.ACTIVE)
    assert row.active_job is None
    assert place_of(owner).schema != old.schema
    assert len(data_client(api, owner.store).list("products")) == 3, "the login of the calls reads the new place"
    data_client(api, owner.store).add("products", name="New", slug="new", sku="NEW")
    [drop] = [each for each in provisioning_jobs.iterate_of_store(row.id, SCHEDULED) if each.kind is JobKind.DROP]
    assert timedelta(days=6) < drop.lease_until - clock.now() < timedelta(days=8), "the old place stays"
    if name != "shared_server":
        assert [each["slug"] for each in content_at(old)["products"]] == ["wrong"]


@pytest.mark.parametrize(("source", "target"), [("own_mysql", "own_postgresql"), ("own_postgresql", "own_mysql")])
def test_a_backup_is_restored_on_another_kind_of_server(
    source: str, target: str, api: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    owner = filled_owner(api, request.getfixturevalue(source))
    backup, before = back_up(owner), content_of(owner)
    spoil(owner)
    server: ServerOfTest = request.getfixturevalue(target)
    job = restore(owner, backup, server.body)
    assert job.status is JobStatus.COMPLETED, (job.step, job.error_code, job.error_message)
    assert content_of(owner) == before
    assert Store.get(owner.store.id).database_type == server.body["type"]


def test_a_store_on_mysql_needs_a_database(api: httpx2.Client, own_mysql: ServerOfTest) -> None:
    owner = filled_owner(api, own_mysql)
    answer = owner.post("restore", {"backup": back_up(owner).id})
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidRestore")
    assert answer.json()["errors"][0]["path"] == "body.database"
    assert Store.get(owner.store.id).active_job is None


def test_the_backup_of_another_store_is_not_found(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner, other = filled_owner(api, shared_server), filled_owner(api, shared_server)
    backup, provisioning = back_up(other), next(iter(ProvisioningJob.by_store.query(owner.store.id)))
    for name in (backup.id, provisioning.id, ids.new(), "x"):
        answer = owner.post("restore", {"backup": name})
        assert (answer.status_code, answer.json()["code"]) == (404, "BackupNotFound"), name


def test_a_backup_cannot_be_restored_after_30_days(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner = filled_owner(api, shared_server)
    backup = back_up(owner)
    backup.update([ProvisioningJob.completed_at.set(clock.now() - KEPT)])
    assert owner.post("restore", {"backup": backup.id}).json()["code"] == "BackupNotFound"


def drop_file(files: dict[str, bytes]) -> None:
    del files["orders.csv"]


def drop_table(files: dict[str, bytes]) -> None:
    del files["orders.csv"]
    change_manifest(files, tables=lambda tables: {name: file for name, file in tables.items() if name != "orders"})


def lose_row(files: dict[str, bytes]) -> None:
    files["inventory.csv"] = b"\r\n".join(files["inventory.csv"].split(b"\r\n")[:-2]) + b"\r\n"
    renew_digest(files, "inventory")


def change_digit(files: dict[str, bytes]) -> None:
    files["prices.csv"] = files["prices.csv"].replace(b"0.0001", b"0.0002", 1)


def garble(files: dict[str, bytes]) -> None:
    files["prices.csv"] = files["prices.csv"].replace(b"0.0001", b"x.0001", 1)
    renew_digest(files, "prices")


def rename_column(files: dict[str, bytes]) -> None:
    files["prices.csv"] = files["prices.csv"].replace(b"customer_group", b"customer_clique", 1)
    renew_digest(files, "prices")


def name_other_store(files: dict[str, bytes]) -> None:
    change_manifest(files, store_id=ids.new())


def empty_manifest(files: dict[str, bytes]) -> None:
    files["manifest.json"] = b"[]"


_CHANGES = [
    drop_file,
    drop_table,
    lose_row,
    change_digit,
    garble,
    rename_column,
    name_other_store,
    empty_manifest,
]


def test_a_damaged_backup_changes_nothing(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner = filled_owner(api, shared_server)
    before, store = content_of(owner), Store.get(owner.store.id)
    backup = back_up(owner)
    original = storage.get(backup.report["backup"]["stored_at"])
    middle = len(original) // 2
    damages: dict[str, Callable[[], None]] = {
        "flipped bit": lambda: put_content(
            backup, original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :], is_recorded=False
        ),
        "flipped bit, recorded": lambda: put_content(
            backup, original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :]
        ),
        "truncated": lambda: put_content(backup, original[:-100], is_recorded=False),
        "truncated, recorded": lambda: put_content(backup, original[:-100]),
        "empty": lambda: put_content(backup, b""),
        **{change.__name__: partial(rewrite, backup, change) for change in _CHANGES},
    }
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 's\\_%%'"
    count_before = shared_server.query(schemas)
    for name, damage in damages.items():
        put_content(backup, original)
        backup.refresh(consistent_read=True)
        damage()
        job = restore(owner, backup)
        assert (job.status, job.error_code, job.step) == (JobStatus.FAILED, "BackupDamaged", Step.CHECK), name
        assert shared_server.query(schemas) == count_before, name
    row = Store.get(owner.store.id)
    assert (row.config_version, row.database_status) == (store.config_version, DatabaseStatus.ACTIVE)
    assert content_of(owner) == before
    put_content(backup, original)
    backup.refresh(consistent_read=True)
    assert restore(owner, backup).status is JobStatus.COMPLETED


def test_a_backup_that_is_gone_fails_the_job(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner = filled_owner(api, shared_server)
    backup = back_up(owner)
    storage.delete(backup.report["backup"]["stored_at"])
    job = restore(owner, backup)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "BackupNotFound")


def test_a_backup_of_a_newer_version_is_refused(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner = filled_owner(api, shared_server)
    backup = back_up(owner)
    rewrite(backup, lambda files: change_manifest(files, revision="9999"))
    backup.refresh(consistent_read=True)
    job = restore(owner, backup)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "BackupTooNew")


def test_a_backup_of_an_earlier_revision_gets_the_defaults_of_new_columns(
    api: httpx2.Client, own_postgresql: ServerOfTest
) -> None:
    owner = filled_owner(api, own_postgresql)
    backup, before = back_up(owner), content_of(owner)

    def age(files: dict[str, bytes]) -> None:
        lines = files["product_categories.csv"].decode().splitlines()
        assert lines[0].split(",")[2] == "sort_order"
        old = [",".join(field for n, field in enumerate(line.split(",")) if n != 2) for line in lines]
        files["product_categories.csv"] = "".join(f"{line}\r\n" for line in old).encode()
        renew_digest(files, "product_categories")
        change_manifest(files, revision="0001")

    rewrite(backup, age)
    backup.refresh(consistent_read=True)
    job = restore(owner, backup)
    assert job.status is JobStatus.COMPLETED, (job.step, job.error_code, job.error_message)
    before["product_categories"] = [row | {"sort_order": 0} for row in before["product_categories"]]
    assert content_of(owner) == before


def test_a_restore_in_progress_is_returned_and_can_be_canceled(
    api: httpx2.Client, own_postgresql: ServerOfTest
) -> None:
    owner = filled_owner(api, own_postgresql)
    backup, before = back_up(owner), content_of(owner)
    job_id = begin_restore(owner, backup)
    again = owner.post("restore", {"backup": backup.id})
    assert (again.status_code, again.json()["job_id"]) == (200, job_id)
    with killed_worker() as worker:
        nth = 60
        while ProvisioningJob.get(job_id, consistent_read=True).step != Step.LOAD:
            worker.run(owner.store.id, job_id, nth)
            end_lease(job_id)
            nth += 20
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    job = run_move_to_end(job_id)
    assert (job.status, job.report["left"]) == (JobStatus.CANCELLED, [])
    assert own_postgresql.query("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'store\\_%%'") == [(0,)]
    assert content_of(owner) == before


def test_a_worker_that_is_out_of_time_leaves_the_rest_to_the_next_one(
    api: httpx2.Client, shared_server: ServerOfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = filled_owner(api, shared_server)
    backup, before = back_up(owner), content_of(owner)
    job_id = begin_restore(owner, backup)
    turns, real_now, readings = 0, clock.now, count()
    with monkeypatch.context() as patches:
        patches.setattr(load, "BATCH_ROWS", 1)
        patches.setattr(Heartbeat, "is_due", True)
        patches.setattr(clock, "now", lambda: real_now() + timedelta(seconds=1) * next(readings))
        while ProvisioningJob.get(job_id, consistent_read=True).unfinished == provisioning_jobs.RUNNING:
            end_pause(job_id)
            run_job(JobDue(store_id=owner.store.id, job_id=job_id))
            turns += 1
            assert turns < 100
    assert turns > 5
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED
    assert content_of(owner) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own_postgresql", "own_mysql"])
def test_a_restore_completes_however_often_its_workers_are_killed(
    name: str, api: httpx2.Client, request: pytest.FixtureRequest, shared_server: ServerOfTest
) -> None:
    owner = filled_owner(api, shared_server)
    backup, before = back_up(owner), content_of(owner)
    job_id = begin_restore(owner, backup, request.getfixturevalue(name).body)
    kills = 0
    with killed_worker() as worker:
        for nth in count(1, 7):
            end_pause(job_id)
            was_killed = worker.run(owner.store.id, job_id, nth)
            job = ProvisioningJob.get(job_id, consistent_read=True)
            if job.unfinished is None:
                break
            assert job.status is not JobStatus.FAILED, (job.step, job.error_code, job.error_message)
            kills += was_killed
            if was_killed and job.lease_holder is not None:
                run_job(JobDue(store_id=owner.store.id, job_id=job_id))  # the message, delivered again
                assert ProvisioningJob.get(job_id, consistent_read=True).fence == job.fence
                forgive(job_id)
                end_lease(job_id)
    assert kills > 12
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED
    assert content_of(owner) == before


def test_a_restore_of_few_rows_has_a_fixed_cost(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner = filled_owner(api, shared_server)
    job_id = begin_restore(owner, back_up(owner))
    with metered() as meter:
        run_job(JobDue(store_id=owner.store.id, job_id=job_id))
        end_pause(job_id)
        run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED
    assert meter.cost == BACKUPS["job: restore on a shared server"]


@pytest.mark.parametrize("checked", [None, 5])
def test_a_retried_restore_checks_the_whole_backup_again(
    checked: int | None, api: httpx2.Client, shared_server: ServerOfTest
) -> None:
    owner = filled_owner(api, shared_server, 1)
    backup = back_up(owner)
    job_id = begin_restore(owner, backup)
    run_until(job_id, "load")
    job = ProvisioningJob.get(job_id)
    notes = {**job.cursor, "checked": checked}
    job.update([ProvisioningJob.attempts.set(100), ProvisioningJob.cursor.set(notes)])
    failed = run_move_to_end(job_id)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "JobStuck")
    rewrite(backup, lambda _: None, is_recorded=False)  # each table's file is the same, the zip is not
    assert owner.post(f"provision/{job_id}/retry").status_code == 202
    again = run_move_to_end(job_id)
    assert (again.status, again.error_code) == (JobStatus.FAILED, "BackupDamaged")
    assert again.error_message == "Its size or SHA-256 is not the recorded one."
