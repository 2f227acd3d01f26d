"""Stores that share a server: what one store's role may not do, which server is chosen, and what is kept secret."""

from __future__ import annotations

import json
import logging

import httpx2
import pytest

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.platform.models import IntegrationConfig, PlatformSetting, ProvisioningJob, Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import CATEGORIES
from infra.local.engine import Engine
from tests.platform.provisioning import OwnerApi, owner_api, provision
from tests.platform.store_servers import ServerOfTest, put_shared_servers
from tests.platform.stores import new_store


def provisioned(api: httpx2.Client) -> Store:
    owner = owner_api(api, new_store())
    assert provision(owner, {"type": "shared"}).error_code is None
    return Store.get(owner.store.id)


def schema_of(store: Store) -> str:
    return f"s_{store.id.replace('-', '')}"


def test_a_role_reaches_the_rows_of_its_own_store_only(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    one, other = provisioned(api), provisioned(api)
    refused = [
        f"SELECT * FROM {schema_of(other)}.categories",
        f"DELETE FROM {schema_of(other)}.categories",
        f"CREATE TABLE {schema_of(one)}.more (id int)",
        f"ALTER TABLE {schema_of(one)}.categories ADD COLUMN more int",
        f"DROP TABLE {schema_of(one)}.prices",
        f"UPDATE {schema_of(one)}.alembic_version SET version_num = 'x'",
        "CREATE SCHEMA more",
        "CREATE ROLE more",
    ]
    for statement in refused:
        with pytest.raises(StatementFailed) as failure, store_connections.transaction(one) as transaction:
            transaction.connection.exec_driver_sql(statement)
        assert failure.value.reason in (FailureReason.PRIVILEGE, FailureReason.OTHER), statement
        with store_connections.transaction(other) as transaction:
            assert len(transaction.connection.execute(CATEGORIES.select()).all()) == 1
        with store_connections.transaction(one) as transaction:
            assert transaction.connection.exec_driver_sql("SELECT current_user").scalar() == schema_of(one)


def test_the_login_of_all_stores_reaches_nothing_without_a_role(
    api: httpx2.Client, shared_server: ServerOfTest
) -> None:
    store = provisioned(api)
    [setting] = PlatformSetting.get("shared_servers").value["servers"]
    rights = shared_server.query(
        "SELECT has_schema_privilege(%s, %s, 'USAGE'), rolinherit FROM pg_roles WHERE rolname = %s",
        setting["username"],
        schema_of(store),
        setting["username"],
    )
    assert rights == [(False, False)]


def test_the_server_with_the_fewest_stores_is_chosen(api: httpx2.Client, shared_server: ServerOfTest) -> None:
    [one] = PlatformSetting.get("shared_servers").value["servers"]
    provisioned(api)
    shared_server.query("CREATE SCHEMA s_" + "0" * 32)
    full, elsewhere = one | {"name": "full", "capacity": 1}, one | {"name": "elsewhere", "region": "us-east-1"}
    silent = one | {"name": "silent", "port": 1024}
    locked = one | {"name": "locked", "admin_password_secret": "SHARED_SECRET_NOT_SET"}
    put_shared_servers(full, silent, locked, elsewhere, one)
    owner = owner_api(api, new_store())
    job = provision(owner, {"type": "shared"})
    assert job.error_code is None
    put_shared_servers(full)
    refused = provision(owner_api(api, new_store()), {"type": "shared"})
    assert refused.error_code == "SharedServersFull"


def test_no_password_is_logged_sent_or_stored_in_clear(
    api: httpx2.Client, engine: Engine, own_postgresql: ServerOfTest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    password = own_postgresql.body["password"]
    owner: OwnerApi = owner_api(api, new_store())
    failed = provision(owner, {**own_postgresql.body, "database": "missing"})
    assert failed.error_code == "DatabaseMissing"
    job = provision(owner, own_postgresql.body)
    texts = [caplog.text]
    for model in (ProvisioningJob, IntegrationConfig, Store):
        texts += [json.dumps(row.attribute_values, default=str) for row in model.scan()]
    assert job.error_code is None
    assert all(password not in text for text in texts)
