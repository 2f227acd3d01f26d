"""Provisioning of stores over HTTP, with the queue's worker, on real servers of all kinds."""

from __future__ import annotations

import httpx2

from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES
from chalicelib.platform.store_database.tables import CATEGORIES, CMS_PAGES, SEO_SETTINGS, TABLES
from tests.platform.killed_worker import killed_worker
from tests.platform.provisioning import Drain, end_lease, owner_api, provision, run_to_end
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

NAMES = {table.name for table in TABLES}


def test_a_store_is_provisioned_on_every_kind_of_server(
    api: httpx2.Client, drain: Drain, server_of_kind: ServerOfTest
) -> None:
    owner = owner_api(api, new_store())
    answer = owner.post("provision", {"database": server_of_kind.body})
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["job_id"]
    assert drain() == []
    run_to_end(job_id)  # a new Supabase project is polled with a delay
    status = owner.get(f"provision/{job_id}/status")
    assert (status["status"], status["progress"], status["error_code"]) == ("completed", 100, None)
    assert (status["tables_created"], status["total_tables"]) == (14, 14)
    comments = server_of_kind.comments(owner.store)
    mark = f"backroom:{owner.store.id}:{job_id}"
    assert comments == dict.fromkeys({*NAMES, *TECHNICAL_TABLES, "alembic_version"}, mark)
    row = Store.get(owner.store.id)
    assert (row.database_status, row.database_type) == (DatabaseStatus.ACTIVE, server_of_kind.body["type"])
    assert (row.config_version, row.schema_revision) == (1, revisions.HEAD)
    assert row.active_job is None
    job = ProvisioningJob.get(job_id)
    assert {job.request, job.cursor, job.unfinished, job.lease_holder} == {None}
    with store_connections.transaction(row) as transaction:
        counts = [
            len(transaction.connection.execute(each.select()).all()) for each in (CATEGORIES, CMS_PAGES, SEO_SETTINGS)
        ]
    assert counts == [1, 3, 4]


def test_the_schema_of_an_own_server_may_have_any_name(api: httpx2.Client, own_postgresql: ServerOfTest) -> None:
    schema = '50% "off"; %s \' {schema} :name'
    owner = owner_api(api, new_store())
    job = provision(owner, own_postgresql.body | {"schema": schema})
    assert job.status is JobStatus.COMPLETED, job.error_message
    owned = own_postgresql.query("SELECT count(*) FROM pg_tables WHERE schemaname = %s", schema)
    assert owned == [(len(NAMES) + 2,)], "with alembic_version and backroom_cursors"
    with store_connections.transaction(Store.get(owner.store.id)) as transaction:
        assert len(transaction.connection.execute(CMS_PAGES.select()).all()) == 3


def test_cancellation_drops_a_schema_of_any_name(api: httpx2.Client, own_postgresql: ServerOfTest) -> None:
    schema = '50% "off"'
    owner = owner_api(api, new_store())
    answer = owner.post("provision", {"database": own_postgresql.body | {"schema": schema}})
    job_id = answer.json()["job_id"]
    with killed_worker() as worker:
        nth = 40
        while ProvisioningJob.get(job_id).tables_created < 2:
            assert worker.run(owner.store.id, job_id, nth)
            end_lease(job_id)
            nth += 10
    assert own_postgresql.query("SELECT 1 FROM pg_namespace WHERE nspname = %s", schema) == [(1,)]
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    assert run_to_end(job_id).status is JobStatus.CANCELLED
    assert own_postgresql.query("SELECT 1 FROM pg_namespace WHERE nspname = %s", schema) == []
