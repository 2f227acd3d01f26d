"""Deletion of stores: refused calls, the grace and its undoing, and the end of everything that is ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from pynamodb.expressions.update import Action

from chalicelib.kit import clock, unique_values
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.provisioning import MAX_OUTAGES
from chalicelib.platform.domain.provisioning_targets import own_login
from chalicelib.platform.domain.slugs import FREED_AFTER
from chalicelib.platform.enums import DatabaseStatus, DatabaseType, JobKind, JobStatus, KeyScope
from chalicelib.platform.models import PlatformSetting, PlatformUser, ProvisioningJob, Store
from chalicelib.platform.repository import integration_configs, provisioning_jobs
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import lapsed_jobs, operator_stores, store_deletion
from chalicelib.platform.service.provisioning_worker import run_job
from infra.local.engine import Engine
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner as Customer
from tests.billing.conftest import buy, catalogue, checkout, events_of
from tests.billing.subscription_factories import Subscribe, subscribe
from tests.platform.backups import back_up, forgive
from tests.platform.clients import PlatformClient, new_account
from tests.platform.killed_worker import killed_worker
from tests.platform.moves import move
from tests.platform.provisioning import Drain, OwnerApi, end_lease, owner_api, provision, run_to_end
from tests.platform.removals import closed_port, delete_store, removal_of, remove_store
from tests.platform.schedules import run_schedule
from tests.platform.store_databases import data_client, new_key
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store
from tests.retention.conftest import nothing_in_progress

__all__ = ["buy", "catalogue", "checkout", "events_of", "nothing_in_progress", "subscribe"]

pytestmark = pytest.mark.usefixtures("catalogue")


def owned_store(api: httpx2.Client, **columns: Any) -> OwnerApi:
    """Return the owner of a new store, who has an account with one store."""
    return owner_api(api, new_store(new_account(store_count=1).id, **columns))


def call(owner: OwnerApi, method: str, body: Any = None, path: str = "") -> httpx2.Response:
    """Call the store's own route as its owner."""
    client = PlatformClient(owner.api, owner.store.owner_id)
    return client.call(method, f"platform/stores/{owner.store.id}{path}", body)


def end_grace(owner: OwnerApi) -> None:
    """Let the grace pass, and let the schedule find the store."""
    past = clock.now() - timedelta(seconds=1)
    removal_of(owner).update([ProvisioningJob.lease_until.set(past)])
    run_schedule("platform-expire_stores", clock.now())


@pytest.mark.parametrize("confirm", ["", "tea", None])
def test_a_deletion_needs_the_slug(confirm: str | None, api: httpx2.Client) -> None:
    owner = owned_store(api)
    answer = call(owner, "DELETE", {"confirm": confirm})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "body.confirm"
    assert Store.get(owner.store.id).deletion_due_at is None


def test_another_owner_finds_no_store_to_delete(api: httpx2.Client) -> None:
    owner = owned_store(api)
    other = PlatformClient(api, new_account().id)
    body = {"confirm": owner.store.slug}
    assert other.call("DELETE", f"platform/stores/{owner.store.id}", body).status_code == 404
    delete_store(owner)
    assert other.call("POST", f"platform/stores/{owner.store.id}/undelete").status_code == 404


def test_a_deleted_store_refuses_calls_is_backed_up_and_can_be_undeleted(
    api: httpx2.Client, shared_server: ServerOfTest, drain: Drain
) -> None:
    owner = owned_store(api)
    assert provision(owner, shared_server.body).status is JobStatus.COMPLETED
    key = new_key(owner.store, KeyScope.WRITE)
    client = data_client(api, owner.store)
    client.add("products", name="Tea", slug="tea", sku="TEA")
    PlatformSetting("deletion_grace_days", value={"days": 10}, version=1, updated_at=clock.now()).save()
    answer = delete_store(owner)
    assert (answer.status_code, answer.json()["database_status"]) == (202, "deleting")
    due = clock.parse(answer.json()["deletion_due_at"])
    assert timedelta(days=9, hours=23) < due - clock.now() <= timedelta(days=10)
    for method, path in (("GET", "products"), ("POST", "products")):
        refused = client.call(method, path, {"name": "x"} if method == "POST" else None)
        assert (refused.status_code, refused.json()["code"]) == (403, "StoreDeleting")
    assert api.get("/v1/store/products", headers={"Authorization": f"Bearer {key}"}).status_code == 403
    assert call(owner, "POST", path="/token").json()["code"] == "StoreDeleting"
    assert owner.post("provision", {"database": shared_server.body}).json()["code"] == "StoreDeleting"
    assert drain() == []
    [backup] = owner.get("backups")["items"]
    assert backup["tables"]["products"] == 1
    row = Store.get(owner.store.id)
    assert row.database_status is DatabaseStatus.DELETING
    assert row.active_job is None
    assert call(owner, "POST", path="/undelete").json()["database_status"] == "active"
    assert len(client.list("products")) == 1
    assert call(owner, "POST", path="/undelete").json()["code"] == "StoreNotDeleting"
    run_schedule("platform-expire_stores", due + timedelta(days=1))
    assert drain() == []
    assert Store.get(owner.store.id).database_status is DatabaseStatus.ACTIVE


def test_a_repeated_deletion_changes_nothing(api: httpx2.Client) -> None:
    owner = owned_store(api)
    first, second = delete_store(owner).json(), delete_store(owner, drop=True).json()
    assert first == second
    assert [job.id for job in ProvisioningJob.by_store.query(owner.store.id)] == [removal_of(owner).id]


def test_a_store_with_a_job_in_progress_is_not_deleted(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner = owned_store(api)
    job_id = owner.post("provision", {"database": shared_server.body}).json()["job_id"]
    answer = delete_store(owner)
    assert (answer.status_code, answer.json()["code"], answer.json()["job_id"]) == (409, "StoreBusy", job_id)


def test_a_suspended_store_is_suspended_again_when_it_is_undeleted(
    api: httpx2.Client, shared_server: ServerOfTest, drain: Drain
) -> None:
    owner = owned_store(api)
    provision(owner, shared_server.body)
    delete_store(owner)
    assert drain() == []
    operator_stores.suspend_store(owner.store.id, "unpaid")
    assert Store.get(owner.store.id).database_status is DatabaseStatus.DELETING
    assert call(owner, "POST", path="/undelete").json()["database_status"] == "suspended"
    delete_store(owner)
    operator_stores.reactivate_store(owner.store.id)
    assert call(owner, "POST", path="/undelete").json()["database_status"] == "active"


def test_the_removal_cannot_be_canceled_as_a_job(api: httpx2.Client) -> None:
    owner = owned_store(api)
    delete_store(owner)
    answer = owner.post(f"provision/{removal_of(owner).id}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "JobNotCancelable")


@pytest.mark.usefixtures("nothing_in_progress")
def test_a_deleted_store_is_removed_when_the_grace_ends(
    api: httpx2.Client, shared_server: ServerOfTest, drain: Drain, engine: Engine
) -> None:
    owner = owned_store(api)
    provision(owner, shared_server.body)
    schema = shared_server.schema_of(owner.store)
    delete_store(owner)
    assert drain() == []
    run_schedule("platform-expire_stores", clock.now())
    assert drain() == []
    assert len(shared_server.comments(owner.store)) >= 15, "the grace is not over"
    end_grace(owner)
    late = call(owner, "POST", path="/undelete")
    assert (late.status_code, late.json()["code"]) == (409, "StoreDeletionBegun")
    assert drain() == []
    assert shared_server.query("SELECT count(*) FROM pg_namespace WHERE nspname = %s", schema) == [(0,)]
    assert shared_server.query("SELECT count(*) FROM pg_roles WHERE rolname = %s", schema) == [(0,)]
    assert list(Store.scan()) == []
    assert list(ProvisioningJob.scan()) == []
    assert PlatformUser.get(owner.store.owner_id).store_count == 0
    slug = unique_values.value_key("platform", "stores", "slug", owner.store.slug)
    assert unique_values.owner_of(slug) == owner.store.id, "the slug is reserved"
    taken = PlatformClient(api, new_account().id).call(
        "POST", "platform/stores", {"name": "Tea", "slug": owner.store.slug}
    )
    assert taken.json()["code"] == "SlugTaken"
    assert timedelta(days=90) == FREED_AFTER


@pytest.mark.usefixtures("nothing_in_progress")
def test_a_store_without_a_database_is_removed_and_its_owner_can_leave(api: httpx2.Client, drain: Drain) -> None:
    owner = owned_store(api)
    delete_store(owner)
    end_grace(owner)
    assert drain() == []
    assert list(Store.scan()) == []
    assert PlatformUser.get(owner.store.owner_id).store_count == 0


@pytest.mark.parametrize("name", ["own_postgresql", "own_mysql"])
@pytest.mark.parametrize("drop", [False, True])
def test_an_owners_server_keeps_the_tables_unless_they_are_to_be_dropped(
    name: str, drop: bool, api: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    server: ServerOfTest = request.getfixturevalue(name)
    owner = owned_store(api)
    provision(owner, server.body)
    delete_store(owner, drop=drop)
    job = remove_store(owner)
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    assert len(server.comments(owner.store)) == (0 if drop else len(job.report["left"]))
    assert bool(job.report["left"]) is not drop
    users = "mysql.user WHERE User" if name == "own_mysql" else "pg_roles WHERE rolname"
    assert server.query(f"SELECT count(*) FROM {users} = %s", own_login(owner.store.id)) == [(0,)]


def test_tables_that_are_not_ours_are_never_dropped(api: httpx2.Client, own_postgresql: ServerOfTest) -> None:
    owner = owned_store(api)
    provision(owner, own_postgresql.body)
    own_postgresql.query("CREATE TABLE store.theirs (id int); COMMENT ON TABLE store.seo_settings IS 'theirs'")
    delete_store(owner, drop=True)
    assert remove_store(owner).status is JobStatus.COMPLETED
    assert set(own_postgresql.comments(owner.store)) == {"theirs", "seo_settings"}


def test_a_server_that_is_gone_does_not_keep_its_store(api: httpx2.Client, own_postgresql: ServerOfTest) -> None:
    owner = owned_store(api)
    provision(owner, own_postgresql.body)
    store = Store.get(owner.store.id)
    place = integration_configs.load_place(store)
    gone = replace(place, server=replace(place.server, port=closed_port()))
    integration_configs.save_place(store.id, DatabaseType.POSTGRESQL, gone)
    delete_store(owner)
    job = remove_store(owner)
    assert (job.status, job.report["left"]) == (JobStatus.COMPLETED, ["all tables: the server cannot be used"])
    assert job.message == "The store is removed. Its last backup failed"
    assert job.attempts > MAX_OUTAGES


def fail_backup(owner: OwnerApi) -> None:
    """Fail the backup of a deletion, as if the store's server was gone for a minute."""
    job = ProvisioningJob.get(Store.get(owner.store.id).active_job, consistent_read=True)
    job.update([ProvisioningJob.attempts.set(100)])
    failed = run_to_end(job.id)
    assert (failed.kind, failed.status) == (JobKind.BACKUP, JobStatus.FAILED)


def backups_of(owner: OwnerApi) -> list[JobStatus]:
    """Return how the store's backups ended, oldest first."""
    jobs = [ProvisioningJob.get(key.id) for key in ProvisioningJob.by_store.query(owner.store.id)]
    return [job.status for job in jobs if job.kind is JobKind.BACKUP]


def test_a_store_whose_last_backup_failed_is_backed_up_before_its_removal(
    api: httpx2.Client, shared_server: ServerOfTest
) -> None:
    owner = owned_store(api)
    provision(owner, shared_server.body)
    back_up(owner)
    delete_store(owner)
    fail_backup(owner)
    job = remove_store(owner)
    assert (job.status, job.message) == (JobStatus.COMPLETED, "The store is removed")
    assert backups_of(owner) == [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.COMPLETED]
    assert shared_server.comments(owner.store) == {}


def test_a_removal_waits_for_a_backup_in_progress(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner = owned_store(api)
    provision(owner, shared_server.body)
    delete_store(owner)
    removal_of(owner).update([ProvisioningJob.unfinished.set(provisioning_jobs.RUNNING)])
    end_lease(removal_of(owner).id)
    run_job(JobDue(store_id=owner.store.id, job_id=removal_of(owner).id))
    assert removal_of(owner).unfinished == provisioning_jobs.RUNNING
    assert shared_server.comments(owner.store)
    assert remove_store(owner).status is JobStatus.COMPLETED
    assert backups_of(owner) == [JobStatus.COMPLETED]


def test_a_former_place_is_removed_with_the_store(
    api: httpx2.Client, shared_server: ServerOfTest, own_mysql: ServerOfTest
) -> None:
    owner = owned_store(api)
    provision(owner, shared_server.body)
    schema = shared_server.schema_of(owner.store)
    moved = move(owner, own_mysql.body)
    assert moved.status is JobStatus.COMPLETED, (moved.step, moved.error_code, moved.error_message)
    assert Store.get(owner.store.id).database_type is DatabaseType.MYSQL
    delete_store(owner)
    assert remove_store(owner).status is JobStatus.COMPLETED
    assert shared_server.query("SELECT count(*) FROM pg_namespace WHERE nspname = %s", schema) == [(0,)]


def test_a_backup_can_be_made_during_the_grace(api: httpx2.Client, shared_server: ServerOfTest, drain: Drain) -> None:
    owner = owned_store(api)
    provision(owner, shared_server.body)
    delete_store(owner)
    assert drain() == []
    back_up(owner)
    assert len(owner.get("backups")["items"]) == 2
    assert Store.get(owner.store.id).database_status is DatabaseStatus.DELETING


def test_an_operator_can_undo_a_deletion_and_support_cannot(api: httpx2.Client) -> None:
    owner = owned_store(api)
    delete_store(owner)
    path = f"platform/stores/{owner.store.id}/undelete"
    assert PlatformClient(api, "o", Role.SUPPORT).call("POST", path).status_code == 403
    assert PlatformClient(api, "o", Role.OPERATOR).call("POST", path).status_code == 200
    assert Store.get(owner.store.id).deletion_due_at is None


def test_the_schedule_reads_only_what_is_due(api: httpx2.Client, drain: Callable[[], list[Any]]) -> None:
    for _ in range(3):
        delete_store(owned_store(api))
    due = list(ProvisioningJob.by_lease.query(provisioning_jobs.SCHEDULED))
    assert len(due) == 3
    run_schedule("platform-expire_stores", clock.now())
    assert drain() == []
    assert {ProvisioningJob.get(job.id).unfinished for job in due} == {provisioning_jobs.SCHEDULED}
    assert {ProvisioningJob.get(job.id).kind for job in due} == {JobKind.DROP}


def test_what_a_failed_job_created_is_removed_with_the_store(api: httpx2.Client, own_postgresql: ServerOfTest) -> None:
    owner = owned_store(api)
    own_postgresql.query("CREATE SCHEMA store; CREATE TABLE store.products (id int)")
    assert provision(owner, own_postgresql.body).status is JobStatus.FAILED
    own_postgresql.query("DROP TABLE store.products")
    login = f"SELECT count(*) FROM pg_roles WHERE rolname = '{own_login(owner.store.id)}'"
    assert own_postgresql.query(login) == [(1,)]
    delete_store(owner)
    assert run_to_end(str(Store.get(owner.store.id).active_job)).status is JobStatus.CANCELLED
    assert own_postgresql.query(login) == [(0,)]
    assert Store.get(owner.store.id).database_status is DatabaseStatus.DELETING


def test_a_removal_that_failed_is_tried_again_after_a_day(api: httpx2.Client, drain: Drain) -> None:
    owner = owned_store(api)
    delete_store(owner)
    past = clock.now() - timedelta(seconds=1)
    failed: list[Action] = [
        ProvisioningJob.status.set(JobStatus.FAILED),
        ProvisioningJob.unfinished.set(provisioning_jobs.RETRYABLE),
        ProvisioningJob.lease_until.set(past),
    ]
    removal_of(owner).update(failed)
    lapsed_jobs.resume_jobs(clock.now())
    assert ProvisioningJob.get(store_deletion.removal_job_id(Store.get(owner.store.id))).unfinished == "running"


def test_the_subscription_of_a_deleted_store_ends(
    api: httpx2.Client, subscribe: Subscribe, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    owner = owned_store(api)
    token = call(owner, "POST", path="/token").json()["access_token"]
    subscribe(Customer(owner.store.id, {"Authorization": f"Bearer {token}"}, None), "starter")
    assert Store.get(owner.store.id).subscription_plan == "starter"
    delete_store(owner)
    assert drain() == []
    stripe_sandbox.drain()
    assert drain() == []
    with stripe_sandbox.store() as stripe:
        assert [row["status"] for row in stripe.all("subscription")] == ["canceled"]
    assert Store.get(owner.store.id).subscription_plan == "free"


def test_a_deletion_that_was_undone_keeps_the_subscription(
    api: httpx2.Client, subscribe: Subscribe, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    owner = owned_store(api)
    token = call(owner, "POST", path="/token").json()["access_token"]
    subscribe(Customer(owner.store.id, {"Authorization": f"Bearer {token}"}, None), "starter")
    delete_store(owner)
    call(owner, "POST", path="/undelete")
    assert drain() == []
    with stripe_sandbox.store() as stripe:
        assert [row["status"] for row in stripe.all("subscription")] == ["active"]


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_in_progress")
def test_a_removal_completes_however_often_its_workers_are_killed(
    api: httpx2.Client, shared_server: ServerOfTest, drain: Drain
) -> None:
    owner = owned_store(api)
    provision(owner, shared_server.body)
    delete_store(owner)
    assert drain() == []
    job_id, kills = removal_of(owner).id, 0
    past = clock.now() - timedelta(seconds=1)
    removal_of(owner).update(
        [ProvisioningJob.unfinished.set(provisioning_jobs.RUNNING), ProvisioningJob.lease_until.set(past)]
    )
    with killed_worker() as worker:
        for nth in count(1):
            kills += worker.run(owner.store.id, job_id, nth)
            if ProvisioningJob.get(job_id, consistent_read=True).unfinished is None:
                break
            forgive(job_id)
            end_lease(job_id)
    assert kills > 12
    schema = shared_server.schema_of(owner.store)
    assert shared_server.query("SELECT count(*) FROM pg_namespace WHERE nspname = %s", schema) == [(0,)]
    assert drain() == []
    assert list(Store.scan()) == []
    assert PlatformUser.get(owner.store.owner_id).store_count == 0
