"""Moves of stores between databases of all kinds, proven row by row, on real servers."""

from __future__ import annotations

import json
from itertools import product

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.kit import clock
from chalicelib.platform.domain.move_periods import OLD_PLACE_KEPT
from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.models import IntegrationConfig, ProvisioningJob, Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.schemas.databases import MAX_CERTIFICATE
from chalicelib.platform.service.job_requests import unseal_request
from chalicelib.platform.service.moves import ranges
from chalicelib.platform.store_database.tables import TABLES
from tests.platform.moved_stores import FIXTURES, drop_job_of, provisioned, server_of
from tests.platform.moves import begin_move, content_at, move, run_due, run_move_to_end, run_until
from tests.platform.provisioning import owner_api
from tests.platform.store_databases import data_client
from tests.platform.stores import new_store


@pytest.mark.parametrize(
    ("source", "target"), [pair for pair in product(FIXTURES, FIXTURES) if pair[0] != pair[1] or pair[0] == "shared"]
)
def test_a_store_moves_between_databases_of_all_kinds(
    source: str, target: str, api: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    owner = provisioned(api, server_of(source, request))
    before = Store.get(owner.store.id)
    old_place = integration_configs.load_place(before)
    expected = content_at(old_place)
    job = move(owner, server_of(target, request).body)
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    store = Store.get(owner.store.id)
    assert content_at(integration_configs.load_place(store)) == expected
    assert content_at(old_place) == expected
    assert (store.database_status, store.config_version) == (DatabaseStatus.ACTIVE, before.config_version + 1)
    assert store.active_job is None
    assert [row.integration_type.value for row in IntegrationConfig.query(store.id)] == [store.database_type.value]
    proof = owner.get(f"provision/{job.id}/status")["report"]["proof"]
    assert {each["table"]: each["rows"] for each in proof["tables"]} == {
        name: len(rows) for name, rows in expected.items()
    }
    assert httpx2.get(proof["download_url"]).status_code == 200
    assert {job.request, job.cursor} == {None}


@pytest.mark.parametrize("kind", FIXTURES)
def test_what_is_ours_at_the_old_place_is_dropped_after_seven_days(
    kind: str, api: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    server = server_of(kind, request)
    owner = provisioned(api, server, 1)
    store = Store.get(owner.store.id)
    old = integration_configs.load_place(store)
    assert move(owner, server_of("shared" if kind == "mysql" else "mysql", request).body).status is JobStatus.COMPLETED
    drop = drop_job_of(store.id)
    assert drop.lease_until - drop.created_at == OLD_PLACE_KEPT
    assert old.server.password not in json.dumps(drop.attribute_values, default=str)
    answer = owner.post(f"provision/{drop.id}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "JobNotCancelable")
    done = run_due(drop.id)
    assert done.status is JobStatus.COMPLETED
    assert {done.request, done.unfinished} == {None}
    tables = server.comments(store)
    if kind == "shared":
        assert (done.report["left"], tables) == ([], {})
        assert server.query("SELECT count(*) FROM pg_roles WHERE rolname = %s", old.role) == [(0,)]
    else:
        assert {*done.report["left"]} >= {table.name for table in TABLES}
        assert {table.name for table in TABLES} <= set(tables)
        column, catalogue = ("User", "mysql.user") if kind == "mysql" else ("rolname", "pg_roles")
        login = old.server.username.split(".")[0]
        assert login.startswith("b_")
        assert server.query(f"SELECT count(*) FROM {catalogue} WHERE {column} = %s", login) == [(0,)]
    assert Store.get(store.id).database_status is DatabaseStatus.ACTIVE


def test_the_calls_after_a_move_reach_the_new_place(api: httpx2.Client, request: pytest.FixtureRequest) -> None:
    owner = provisioned(api, server_of("shared", request), 1)
    client = data_client(api, owner.store)
    before = client.list("products")
    assert move(owner, server_of("mysql", request).body).status is JobStatus.COMPLETED
    assert client.list("products") == before
    added = client.add("categories", name="New", slug="new")
    place = integration_configs.load_place(Store.get(owner.store.id))
    assert added["id"] in {row["id"] for row in content_at(place)["categories"]}


def test_a_proof_of_1000_ranges_leaves_the_row_of_the_job_under_4_kb(
    api: httpx2.Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = provisioned(api, server_of("shared", request), 1)
    client = data_client(api, owner.store)
    for batch in range(2):
        rows = [{"name": "C", "slug": f"c-{batch}-{number}"} for number in range(500)]
        assert client.call("POST", "categories", rows).status_code == 201
    job_id = begin_move(owner, server_of("postgresql", request).body)
    run_until(job_id, "freeze")
    monkeypatch.setattr(ranges, "RANGE_ROWS", 1)
    sizes = []
    while (job := ProvisioningJob.get(job_id)).unfinished == "running":
        sizes.append(len(json.dumps(job.serialize(), default=str)))
        run_move_to_end(job_id, turns=1)
    assert job.status is JobStatus.COMPLETED, job.error_code
    sizes.append(len(json.dumps(job.serialize(), default=str)))
    assert max(sizes) < 4_000
    [url] = [job.report["proof"]["file_url"]]
    assert len(storage.get(url).splitlines()) > 1_000
    _, key = storage.parts(url)
    assert key.startswith(f"job-reports/{owner.store.id}/")


@pytest.mark.parametrize("is_legacy", [False, True])
def test_large_certificates_are_no_part_of_the_row_of_a_job(
    api: httpx2.Client, request: pytest.FixtureRequest, *, is_legacy: bool
) -> None:
    database = server_of("postgresql", request).body | {"ca_certificate": "C" * MAX_CERTIFICATE}
    if is_legacy:
        owner = owner_api(api, new_store())
        job_id = begin_move(owner, database, **{"from": {"database": database, "store_id": "1"}})
    else:
        owner = provisioned(api, server_of("shared", request), 1)
        job_id = begin_move(owner, database)
    job = ProvisioningJob.get(job_id)
    assert len(json.dumps(job.serialize(), default=str)) < 3_000
    assert unseal_request(job).database.model_dump()["ca_certificate"] == database["ca_certificate"]
    assert len(storage.get(job.cursor["from_certificate" if is_legacy else "ca_certificate"])) == MAX_CERTIFICATE


def test_the_old_place_stays_for_a_week_after_the_switch(api: httpx2.Client, request: pytest.FixtureRequest) -> None:
    owner = provisioned(api, server_of("shared", request), 1)
    assert move(owner, {"type": "shared"}).status is JobStatus.COMPLETED
    assert drop_job_of(owner.store.id).lease_until > clock.now() + OLD_PLACE_KEPT - (OLD_PLACE_KEPT / 7)
