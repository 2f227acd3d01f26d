"""Tests and changes of a store's connection over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import ConnectionNotChangeable
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseType, StorePlan
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import IntegrationConfig, Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.schemas.databases import OwnDatabaseInput
from chalicelib.platform.service import connection_tests, store_connections
from chalicelib.platform.store_database.tables import CATEGORIES
from tests.platform.provisioning import OwnerApi, owner_api, provision, run_to_end
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store


@pytest.fixture
def owner(api: httpx2.Client) -> OwnerApi:
    """The owner of a store without a database."""
    return owner_api(api, new_store())


def test_a_test_shows_what_the_server_has_and_changes_nothing(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    answer = owner.post("database/test", {"database": own_postgresql.body})
    assert answer.status_code == 200, answer.text
    assert answer.json()["existing_tables"] == []
    assert own_postgresql.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'store'") == [(0,)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong"}, "LoginRefused"),
        ({"database": "no_such_database"}, "DatabaseMissing"),
        ({"port": 1024}, "Unreachable"),
        ({"host": "169.254.169.254"}, "HostNotAllowed"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_without_its_words(
    change: dict[str, object], code: str, owner: OwnerApi, own_postgresql: ServerOfTest
) -> None:
    answer = owner.post("database/test", {"database": own_postgresql.body | change})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "no_such_database" not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"port": 80},
        {"schema": "pg_catalog"},
        {"schema": "é" * 40},
        {"host": ""},
        {"ca_certificate": "x" * 16_385},
        {"options": "-c log_statement=all"},
        {"type": "oracle"},
    ],
)
def test_an_invalid_database_is_refused(change: dict[str, object], owner: OwnerApi) -> None:
    database = {"type": "postgresql", "host": "db.example.com", "database": "x", "username": "x", "password": "secret"}
    answer = owner.post("database/test", {"database": database | change})
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidInput")
    assert "secret" not in answer.text


@pytest.mark.parametrize("name", ["é" * 32, "x" * 64])
def test_a_mysql_database_has_a_name_of_at_most_63_bytes(name: str, owner: OwnerApi) -> None:
    database = {"type": "mysql", "host": "10.0.0.1", "database": name, "username": "x", "password": "secret"}
    answer = owner.post("database/test", {"database": database})
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidInput")
    assert "body.database" in answer.text
    answer = owner.post("database/test", {"database": database | {"database": name[:-1]}})
    assert answer.json()["code"] == "HostNotAllowed"


def test_a_store_has_ten_tests_an_hour(owner: OwnerApi) -> None:
    database = {"type": "postgresql", "host": "10.0.0.1", "database": "x", "username": "x", "password": "x"}
    codes = [owner.post("database/test", {"database": database}).json()["code"] for _ in range(11)]
    assert codes == ["HostNotAllowed"] * 10 + ["TooManyRequests"]


def test_an_owner_has_a_hundred_tests_an_hour(api: httpx2.Client) -> None:
    owner_id = ids.new()
    database = {"type": "postgresql", "host": "10.0.0.1", "database": "x", "username": "x", "password": "x"}
    stores = [owner_api(api, new_store(owner_id)) for _ in range(11)]
    codes = [each.post("database/test", {"database": database}).json()["code"] for each in stores for _ in range(10)]
    assert codes == ["HostNotAllowed"] * 100 + ["TooManyRequests"] * 10


def test_a_job_and_its_retries_count_as_tests(owner: OwnerApi) -> None:
    database = {"type": "postgresql", "host": "10.0.0.1", "database": "x", "username": "x", "password": "x"}
    job = provision(owner, database)
    assert job.error_code == "HostNotAllowed"
    for _ in range(4):
        assert provision(owner, database).error_code == "HostNotAllowed"
        assert owner.post(f"provision/{job.id}/retry").status_code == 202
        assert owner.post(f"provision/{job.id}/retry").status_code == 202, "a job in progress is answered"
        assert owner.post("provision", {"database": database}).status_code == 200
        run_to_end(job.id)
    assert owner.post("database/test", {"database": database}).json()["code"] == "HostNotAllowed"
    refused = [
        owner.post("provision", {"database": database}),
        owner.post(f"provision/{job.id}/retry"),
        owner.post("database/test", {"database": database}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(429, "TooManyRequests")] * 3
    assert "Retry-After" in refused[0].headers
    assert Store.get(owner.store.id).active_job is None
    assert owner.post("provision", {"database": {"type": "shared"}}).status_code == 202


def test_requests_that_begin_no_job_do_not_count(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    job = provision(owner, own_postgresql.body)
    for _ in range(11):
        assert owner.post("provision", {"database": own_postgresql.body}).json()["code"] == "StoreProvisioned"
        assert owner.post(f"provision/{job.id}/retry").json()["code"] == "JobNotRetryable"
    assert owner.post("database/test", {"database": own_postgresql.body}).status_code == 200


def test_a_changed_login_acts_on_the_next_call(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    assert provision(owner, own_postgresql.body).error_code is None
    before = Store.get(owner.store.id)
    answer = owner.call("PUT", "database", {"database": own_postgresql.body})
    assert answer.status_code == 200, answer.text
    after = Store.get(owner.store.id)
    assert (after.config_version, after.database_host) == (before.config_version + 1, before.database_host)
    with store_connections.transaction(after) as transaction:
        user = transaction.connection.exec_driver_sql("SELECT current_user").scalar()
        assert len(transaction.connection.execute(CATEGORIES.select()).all()) == 1
    assert user == own_postgresql.body["username"]


def test_a_change_of_a_stale_connection_writes_nothing(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    assert provision(owner, own_postgresql.body).error_code is None
    store = Store.get(owner.store.id)
    Store(store.id).update([Store.config_version.add(1)])
    [before] = IntegrationConfig.query(store.id)
    database = OwnDatabaseInput.model_validate({"database": own_postgresql.body}).database
    with pytest.raises(ConnectionNotChangeable):
        connection_tests.change_connection(store, database)
    [after] = IntegrationConfig.query(store.id)
    assert (after.version, after.config_data) == (before.version, before.config_data)


def test_a_refused_change_keeps_the_large_certificate() -> None:
    store = new_store(database_type=DatabaseType.POSTGRESQL)
    server = Server(Dialect.POSTGRESQL, "db.example.com", 5432, "x", "x", "x", "A" * 8_000)
    integration_configs.save_place(store.id, DatabaseType.POSTGRESQL, StorePlace(server, "store"))
    other = StorePlace(replace(server, ca_certificate="B" * 8_000), "store")
    with pytest.raises(StoreNotFound), Transaction() as transaction:
        transaction.check(Store, (ids.new(),), Store.id.exists(), StoreNotFound())
        integration_configs.stage_place(transaction, store.id, DatabaseType.POSTGRESQL, other)
    assert integration_configs.load_place(store).server == server


def test_a_connection_to_other_tables_is_refused(
    api: httpx2.Client, owner: OwnerApi, own_postgresql: ServerOfTest
) -> None:
    assert owner.call("PUT", "database", {"database": own_postgresql.body}).json()["code"] == "StoreNotProvisioned"
    assert provision(owner, own_postgresql.body).error_code is None
    for change in ({"schema": "another"}, {"password": "wrong"}):
        answer = owner.call("PUT", "database", {"database": own_postgresql.body | change})
        assert answer.status_code in (409, 422), answer.text
    assert Store.get(owner.store.id).config_version == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "database/test"),
        ("PUT", "database"),
        ("POST", "provision"),
        ("GET", "provision/x/status"),
        ("POST", "provision/x/retry"),
        ("POST", "provision/x/cancel"),
    ],
)
def test_others_reach_no_route_of_a_store(method: str, path: str, api: httpx2.Client) -> None:
    store = new_store()
    database = {"type": "mysql", "host": "db.example.com", "database": "x", "username": "x", "password": "x"}
    body = {"database": database} if path in ("database/test", "database", "provision") else None
    stranger = OwnerApi(api, store, auth.mint(Role.OWNER, ids.new()))
    assert stranger.call(method, path, body).status_code == 404
    support = OwnerApi(api, store, auth.mint(Role.SUPPORT, ids.new()))
    answer = support.call(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (
        (404, "JobNotFound") if method == "GET" else (403, "Forbidden")
    )
    member = OwnerApi(api, store, auth.mint(Role.MEMBER, ids.new()))
    assert member.call(method, path, body).status_code == 403


def test_an_owner_has_five_free_stores_on_shared_servers(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    owner_id = ids.new()
    owners = [owner_api(api, new_store(owner_id)) for _ in range(7)]
    answers = [each.post("provision", {"database": {"type": "shared"}}) for each in owners]
    assert [answer.status_code for answer in answers] == [202] * 5 + [409] * 2
    assert answers[5].json()["code"] == "FreeStoresLimit"
    paid = owner_api(api, new_store(owner_id, subscription_plan="starter"))
    assert paid.post("provision", {"database": {"type": "shared"}}).status_code == 202
    Store(owners[0].store.id).update([Store.subscription_plan.set(StorePlan.STARTER)])
    assert owners[5].post("provision", {"database": {"type": "shared"}}).status_code == 202
    assert owners[6].post("provision", {"database": {"type": "shared"}}).status_code == 409


def test_a_store_whose_paid_plan_ended_counts_as_free_on_shared_servers(
    api: httpx2.Client, shared_server: ServerOfTest
) -> None:
    owner_id, now = ids.new(), clock.now()
    paid = {"subscription_plan": StorePlan.STARTER, "access_until": now + timedelta(days=1)}
    ended = {"subscription_plan": StorePlan.STARTER, "access_until": now - timedelta(seconds=1)}
    owners = [owner_api(api, new_store(owner_id, **ended)) for _ in range(6)]
    owners.insert(0, owner_api(api, new_store(owner_id, **paid)))
    answers = [each.post("provision", {"database": {"type": "shared"}}) for each in owners]
    assert [answer.status_code for answer in answers] == [202] * 6 + [409]


def test_a_region_without_a_shared_server_is_refused(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    Store(owner.store.id).update([Store.region.set("us-east-1")])
    assert owner.post("database/test", {"database": {"type": "shared"}}).json()["code"] == "SharedServersFull"
    assert provision(owner, {"type": "shared"}).error_code == "SharedServersFull"


def test_operators_list_the_jobs_in_progress_and_the_failed_ones(
    api: httpx2.Client, owner: OwnerApi, shared_server: ServerOfTest
) -> None:
    job_id = owner.post("provision", {"database": {"type": "shared"}}).json()["job_id"]
    Store(owner.store.id).update([Store.region.set("us-east-1")])
    headers = {"Authorization": f"Bearer {auth.mint(Role.SUPPORT, ids.new())}"}
    items = api.get("/v1/operator/platform/jobs", headers=headers).json()["items"]
    assert [(item["id"], item["status"], item["store_id"]) for item in items] == [(job_id, "pending", owner.store.id)]
    assert "request" not in items[0]

    run_to_end(job_id)
    assert api.get("/v1/operator/platform/jobs", headers=headers).json()["items"] == []
    failed = api.get("/v1/operator/platform/jobs?retryable=true", headers=headers).json()["items"]
    assert [item["error_code"] for item in failed] == ["SharedServersFull"]
    assert api.get("/v1/operator/platform/jobs", headers={"Authorization": f"Bearer {owner.token}"}).status_code == 403
