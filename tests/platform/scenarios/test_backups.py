"""Backups of stores: one moment, exact, for suspended stores too, and no worse for killed workers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import httpx2
import pytest
from sqlalchemy import Engine, event

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.backup_manifests import KEPT
from chalicelib.platform.enums import DatabaseStatus, JobKind, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import store_snapshots
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import allowed_hosts, operator_stores
from chalicelib.platform.service.provisioning_worker import run_job
from chalicelib.platform.store_database import revisions
from infra.bench.round_trips import metered
from infra.docs.backup_costs import BACKUPS
from tests.platform.backups import NAMES, back_up, download, forgive, rows_of
from tests.platform.filled_stores import fill
from tests.platform.killed_worker import killed_worker
from tests.platform.provisioned_stores import connected_store
from tests.platform.provisioning import OwnerApi, end_lease, owner_api, run_to_end
from tests.platform.store_databases import StoreDatabase, data_client
from tests.platform.store_databases import connected_store as store_of
from tests.platform.stores import new_store


def test_support_sees_backups_without_their_links(owner: OwnerApi) -> None:
    back_up(owner)
    for role, has_link in ((Role.SUPPORT, False), (Role.OPERATOR, True)):
        [read] = replace(owner, token=auth.mint(role, "agent")).get("backups")["items"]
        assert (read["url"] is not None) is has_link, role


@pytest.fixture
def owner(api: httpx2.Client, either_database: StoreDatabase) -> OwnerApi:
    """The owner of an empty store on each dialect in turn."""
    return owner_api(api, connected_store(either_database.prepared))


def test_a_backup_holds_every_row_and_says_so(owner: OwnerApi) -> None:
    fill(owner.store, 3)
    job = back_up(owner)
    [read] = owner.get("backups")["items"]
    content = httpx2.get(read["url"]).content
    assert (read["byte_size"], read["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (read["id"], clock.parse(read["expires_at"])) == (job.id, job.completed_at + KEPT)
    backup = download(owner)
    manifest = json.loads(backup.read("manifest.json"))
    assert backup.namelist() == [*(f"{name}.csv" for name in NAMES), "manifest.json"]
    assert (manifest["store_id"], manifest["revision"]) == (owner.store.id, revisions.HEAD)
    for name in NAMES:
        assert manifest["tables"][name]["rows"] == read["tables"][name] == len(rows_of(backup, name)), name
        assert manifest["tables"][name]["sha256"] == hashlib.sha256(backup.read(f"{name}.csv")).hexdigest()
    assert read["row_count"] == sum(read["tables"].values()) > 30
    store = Store.get(owner.store.id)
    assert store.active_job is None
    assert store.database_status is DatabaseStatus.ACTIVE


def test_two_backups_of_the_same_rows_have_the_same_files(owner: OwnerApi) -> None:
    fill(owner.store, 2)
    back_up(owner)
    first = download(owner)
    back_up(owner)
    assert len(owner.get("backups")["items"]) == 2
    second = download(owner)
    assert [first.read(f"{name}.csv") for name in NAMES] == [second.read(f"{name}.csv") for name in NAMES]


@contextmanager
def once_after(statement: str, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` once, after a statement that begins so."""
    done: list[bool] = []

    def hear(*arguments: object) -> None:
        if str(arguments[2]).startswith(statement) and not done:
            done.append(True)
            act()

    event.listen(Engine, "after_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", hear)
    assert done


def test_a_backup_shows_one_moment(api: httpx2.Client, either_database: StoreDatabase) -> None:
    store = store_of(either_database)
    owner, client = owner_api(api, store), data_client(api, store)
    client.add("products", name="Tea", slug="tea", sku="TEA")

    def sell() -> None:
        client.add("products", name="Later", slug="later", sku="LATER")
        client.add("cms_pages", title="Later", slug="later")

    statement = "START TRANSACTION" if either_database.kind == "mysql" else "SELECT"
    with once_after(statement, sell):
        back_up(owner)
    backup = download(owner)
    assert [row["sku"] for row in rows_of(backup, "products")] == ["TEA"]
    assert rows_of(backup, "cms_pages") == []
    assert len(client.list("products")) == 2


def test_the_pages_of_a_backup_lose_no_row(owner: OwnerApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_snapshots.iterate_pages, "__defaults__", (2,))
    fill(owner.store, 4)
    back_up(owner)
    backup = download(owner)
    assert len(rows_of(backup, "products")) == 4
    keys = [(row["product_id"], row["category_id"]) for row in rows_of(backup, "product_categories")]
    assert len(set(keys)) == 16
    assert keys == sorted(keys)


def test_a_suspended_store_can_be_backed_up_and_stays_suspended(owner: OwnerApi) -> None:
    operator_stores.suspend_store(owner.store.id, "unpaid")
    back_up(owner)
    store = Store.get(owner.store.id)
    assert (store.database_status, store.is_active) == (DatabaseStatus.SUSPENDED, False)


def test_a_store_that_is_suspended_during_its_backup_stays_suspended(owner: OwnerApi) -> None:
    job_id = owner.post("backups").json()["job_id"]
    operator_stores.suspend_store(owner.store.id, "unpaid")
    assert run_to_end(job_id).status is JobStatus.COMPLETED
    assert Store.get(owner.store.id).database_status is DatabaseStatus.SUSPENDED


def test_a_backup_in_progress_is_returned(owner: OwnerApi) -> None:
    first, second = owner.post("backups"), owner.post("backups")
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["job_id"] == second.json()["job_id"]
    assert owner.get("backups")["items"] == [], "it is not complete"


def test_a_canceled_backup_is_none(owner: OwnerApi) -> None:
    job_id = owner.post("backups").json()["job_id"]
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    assert run_to_end(job_id).status is JobStatus.CANCELLED
    assert owner.get("backups")["items"] == []
    store = Store.get(owner.store.id)
    assert store.active_job is None
    assert store.database_status is DatabaseStatus.ACTIVE


def test_a_store_without_a_database_has_nothing_to_back_up(api: httpx2.Client) -> None:
    owner = owner_api(api, new_store())
    assert owner.post("backups").json()["code"] == "StoreNotProvisioned"


def test_a_backup_is_listed_for_30_days(owner: OwnerApi) -> None:
    job = back_up(owner)
    past = clock.now() - KEPT
    ProvisioningJob(job.id).update([ProvisioningJob.completed_at.set(past)])
    assert owner.get("backups")["items"] == []


@pytest.mark.slow
def test_a_backup_completes_however_often_its_workers_are_killed(owner: OwnerApi) -> None:
    fill(owner.store, 2)
    job_id = owner.post("backups").json()["job_id"]
    kills = 0
    with killed_worker() as worker:
        for nth in count(1, 3):
            was_killed = worker.run(owner.store.id, job_id, nth)
            job = ProvisioningJob.get(job_id, consistent_read=True)
            if job.unfinished is None:
                break
            assert job.status is not JobStatus.FAILED, job.error_code
            kills += was_killed
            if was_killed and job.lease_holder is not None:
                run_job(JobDue(store_id=owner.store.id, job_id=job_id))  # the message, delivered again
                assert ProvisioningJob.get(job_id, consistent_read=True).fence == job.fence
                forgive(job_id)
                end_lease(job_id)
    assert kills > 5
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED
    backup = download(owner)
    assert backup.testzip() is None
    assert len(rows_of(backup, "products")) == 2


def test_a_backup_costs_the_same_for_a_small_store_whatever_it_holds(owner: OwnerApi) -> None:
    costs = []
    for is_filled in (False, True):
        if is_filled:
            fill(owner.store, 3)
        job_id = owner.post("backups").json()["job_id"]
        allowed_hosts.load_allowed_hosts()  # read once a minute
        with metered() as meter:
            run_job(JobDue(store_id=owner.store.id, job_id=job_id))
        assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED
        costs.append(meter.cost)
    assert costs == [BACKUPS["job: backup of a store"]] * 2


def test_ten_concurrent_requests_begin_one_backup(owner: OwnerApi) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: owner.post("backups"), range(10)))
    assert [answer.status_code for answer in answers].count(202) == 1
    jobs = [ProvisioningJob.get(key.id) for key in ProvisioningJob.by_store.query(owner.store.id)]
    assert [job.kind for job in jobs] == [JobKind.BACKUP]
