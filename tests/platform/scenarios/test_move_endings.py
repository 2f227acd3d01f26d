"""Moves that are refused, fail or are canceled: the source serves, and nothing that is not the job's is touched."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from chalicelib.platform.domain.provisioning import MAX_OUTAGES
from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.provisioning_worker import run_job
from chalicelib.platform.store_database.tables import TABLES
from tests.platform.moved_stores import provisioned, server_of
from tests.platform.moves import begin_move, content_at, move, run_move_to_end, run_until
from tests.platform.provisioning import OwnerApi, owner_api, provision, run_to_end
from tests.platform.store_databases import data_client
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store
from tests.platform.wire import relay

FULL = {
    "postgresql": """
CREATE FUNCTION store.refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON store.orders FOR EACH ROW EXECUTE FUNCTION store.refuse()
""",
    "mysql": "CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114",
}
ROOM = {"postgresql": "DROP TRIGGER refuse ON store.orders", "mysql": "DROP TRIGGER refuse"}


def require_source_serves(owner: OwnerApi, api: httpx2.Client, config_version: int = 1) -> None:
    """Check that the store works in its former database."""
    store = Store.get(owner.store.id)
    assert (store.database_status, store.config_version) == (DatabaseStatus.ACTIVE, config_version)
    assert store.active_job is None
    assert data_client(api, store).add("categories", name="C", slug="later")["slug"] == "later"


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_the_source_serves_if_the_target_is_full(kind: str, api: httpx2.Client, request: pytest.FixtureRequest) -> None:
    owner = provisioned(api, server_of("shared", request), 1)
    target = server_of(kind, request)
    job_id = begin_move(owner, target.body)
    run_until(job_id, "copy")
    target.query(FULL[kind])
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    waiting = ProvisioningJob.get(job_id)
    assert (waiting.step, waiting.unfinished, waiting.attempts) == ("copy", "running", 1)
    failed = run_move_to_end(job_id)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "DatabaseFull")
    assert failed.fence > MAX_OUTAGES
    require_source_serves(owner, api)
    target.query(ROOM[kind])
    assert owner.post(f"provision/{job_id}/retry").status_code == 202
    assert run_move_to_end(job_id).status is JobStatus.COMPLETED
    place = integration_configs.load_place(Store.get(owner.store.id))
    assert "later" in {row["slug"] for row in content_at(place)["categories"]}


def test_the_source_serves_if_the_target_is_gone(
    api: httpx2.Client, shared_server: ServerOfTest, own_postgresql: ServerOfTest
) -> None:
    owner = provisioned(api, shared_server, 1)
    with relay(own_postgresql.body["host"], own_postgresql.body["port"]) as passed:
        job_id = begin_move(owner, own_postgresql.body | {"port": passed.port})
        run_until(job_id, "compare")
        assert Store.get(owner.store.id).database_status is DatabaseStatus.MOVING
    failed = run_move_to_end(job_id)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "Unreachable")
    require_source_serves(owner, api)


@pytest.mark.parametrize("kind", ["shared", "postgresql", "mysql"])
def test_a_canceled_move_drops_its_tables_with_their_rows(
    kind: str, api: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    source = "mysql" if kind == "shared" else "shared"
    owner = provisioned(api, server_of(source, request))
    target = server_of(kind, request)
    job_id = begin_move(owner, target.body)
    run_until(job_id, "compare")
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    job = run_to_end(job_id)
    assert (job.status, job.report["left"]) == (JobStatus.CANCELLED, [])
    schema = f"s_{job_id.replace('-', '')}" if kind == "shared" else target.schema_of(owner.store)
    counted = target.query("SELECT count(*) FROM information_schema.tables WHERE table_schema = %s", schema)
    assert counted == [(0,)]
    require_source_serves(owner, api)


def test_a_target_with_rows_is_refused_and_unchanged(
    api: httpx2.Client, shared_server: ServerOfTest, own_postgresql: ServerOfTest
) -> None:
    owner = provisioned(api, own_postgresql, 1)
    assert move(owner, shared_server.body).status is JobStatus.COMPLETED
    before = own_postgresql.query("SELECT id, xmin::text FROM store.categories ORDER BY id")
    job = move(owner, own_postgresql.body)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "TargetNotEmpty")
    assert own_postgresql.query("SELECT id, xmin::text FROM store.categories ORDER BY id") == before
    require_source_serves(owner, api, config_version=2)
    for table in reversed(TABLES):
        own_postgresql.query(f"DELETE FROM store.{table.name}")
    assert move(owner, own_postgresql.body).status is JobStatus.COMPLETED


def test_a_move_to_the_database_of_the_store_is_refused(api: httpx2.Client, own_postgresql: ServerOfTest) -> None:
    owner = provisioned(api, own_postgresql, 1)
    answer = owner.post("move", {"database": own_postgresql.body})
    assert (answer.status_code, answer.json()["code"]) == (409, "SameDatabase")
    other_name = own_postgresql.body | {
        "host": "localhost" if own_postgresql.body["host"] != "localhost" else "127.0.0.1"
    }
    job = move(owner, other_name)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "TargetNotEmpty")
    require_source_serves(owner, api)


def test_requests_of_moves_are_checked(
    api: httpx2.Client, shared_server: ServerOfTest, own_mysql: ServerOfTest
) -> None:
    owner = owner_api(api, new_store())
    answer = owner.post("move", {"database": own_mysql.body})
    assert (answer.status_code, answer.json()["code"]) == (409, "StoreNotProvisioned")
    assert provision(owner, shared_server.body).status is JobStatus.COMPLETED
    legacy = {"database": own_mysql.body, "store_id": "7"}
    answer = owner.post("move", {"database": own_mysql.body, "from": legacy})
    assert (answer.status_code, answer.json()["code"]) == (409, "StoreProvisioned")
    answer = owner.post("move", {"database": own_mysql.body, "from": {"database": {"type": "shared"}, "store_id": "7"}})
    assert answer.status_code == 422
    job_id = begin_move(owner, own_mysql.body)
    again = owner.post("move", {"database": own_mysql.body})
    assert (again.status_code, again.json()["job_id"]) == (200, job_id)
    stranger = owner_api(api, new_store())
    path = f"/v1/platform/stores/{owner.store.id}/move"
    headers = {"Authorization": f"Bearer {stranger.token}"}
    assert api.post(path, json={"database": {"type": "shared"}}, headers=headers).status_code == 404


def test_a_move_to_a_shared_server_needs_one_of_the_free_stores(
    api: httpx2.Client, shared_server: ServerOfTest, own_postgresql: ServerOfTest
) -> None:
    owner = provisioned(api, own_postgresql, 1)
    for _ in range(5):
        other = owner_api(api, new_store(owner.store.owner_id))
        assert other.post("provision", {"database": shared_server.body}).status_code == 202
    answer = owner.post("move", {"database": shared_server.body})
    assert (answer.status_code, answer.json()["code"]) == (409, "FreeStoresLimit")
    require_source_serves(owner, api)


@pytest.mark.parametrize("step", ["copy", "compare", "switch"])
def test_a_message_of_a_move_that_is_delivered_again_changes_nothing(
    step: str, api: httpx2.Client, request: pytest.FixtureRequest, drain: Callable[[], list[object]]
) -> None:
    owner = provisioned(api, server_of("shared", request), 1)
    job_id = begin_move(owner, server_of("postgresql", request).body)
    run_until(job_id, step)
    expected = content_at(integration_configs.load_place(Store.get(owner.store.id)))
    done = run_move_to_end(job_id)
    assert done.status is JobStatus.COMPLETED
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    assert ProvisioningJob.get(job_id).updated_at == done.updated_at
    assert content_at(integration_configs.load_place(Store.get(owner.store.id))) == expected
