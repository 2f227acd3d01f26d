"""Provisioning into schemas that hold tables already: adopted if they fit, reported if they do not, never changed."""

from __future__ import annotations

import httpx2
import pytest
from psycopg import sql

from chalicelib.kit import ids
from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.tables import CATEGORIES, TABLES
from tests.platform.provisioning import OwnerApi, owner_api, provision
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

SNAPSHOT = """
SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = %s ORDER BY table_name, ordinal_position
"""


@pytest.fixture(params=["own_postgresql", "own_mysql"])
def own_server(request: pytest.FixtureRequest) -> ServerOfTest:
    """An owner's server."""
    server: ServerOfTest = request.getfixturevalue(request.param)
    return server


def create_unmarked(server: ServerOfTest, store: Store, *names: str) -> None:
    """Create tables of the data API as their owner would: without a mark."""
    schema = server.schema_of(store)
    if server.body["type"] == "postgresql":
        server.query(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    for name in names:
        for statement in revisions.table_statements(name, server.dialect, schema, revisions.mark(ids.new(), ids.new())):
            if not statement.startswith("COMMENT"):
                server.query(statement.partition(" COMMENT='")[0])


@pytest.fixture
def owner(api: httpx2.Client) -> OwnerApi:
    """The owner of a store without a database."""
    return owner_api(api, new_store())


def test_tables_that_fit_are_adopted_with_their_rows(owner: OwnerApi, own_server: ServerOfTest) -> None:
    create_unmarked(own_server, owner.store, "media_library", "categories", "attributes")
    schema = own_server.schema_of(owner.store)
    own_server.query(
        f"INSERT INTO {schema}.categories (id, name, slug, version, created_at, updated_at)"
        f" VALUES ('{ids.new()}', 'Teas', 'teas', 1, '2026-01-01', '2026-01-01')"
    )
    before = own_server.query(SNAPSHOT, schema)
    job = provision(owner, own_server.body)
    assert job.status is JobStatus.COMPLETED, job.error_code
    assert job.report["adopted"] == ["media_library", "categories", "attributes"]
    after = own_server.query(SNAPSHOT, schema)
    assert [row for row in after if row[0] in job.report["adopted"]] == before
    comments = own_server.comments(owner.store)
    assert {name for name, comment in comments.items() if not comment} == set(job.report["adopted"])
    with store_connections.transaction(Store.get(owner.store.id)) as transaction:
        slugs = transaction.connection.execute(CATEGORIES.select()).all()
    assert [row.slug for row in slugs] == ["teas"], "no seed is added to an adopted table"


def test_a_table_that_does_not_fit_is_reported_and_not_changed(owner: OwnerApi, own_server: ServerOfTest) -> None:
    create_unmarked(own_server, owner.store, "media_library", "categories", "cms_pages")
    table = f"{own_server.schema_of(owner.store)}.cms_pages"
    is_mysql = own_server.body["type"] == "mysql"
    own_server.query(f"ALTER TABLE {table} DROP COLUMN seo_title")
    own_server.query(f"ALTER TABLE {table} ADD COLUMN legacy INTEGER NOT NULL")
    narrower, other = (
        ("MODIFY title VARCHAR(10) NOT NULL", "MODIFY body INTEGER")
        if is_mysql
        else (
            "ALTER COLUMN title TYPE VARCHAR(10)",
            "ALTER COLUMN body TYPE INTEGER USING 0",
        )
    )
    own_server.query(f"ALTER TABLE {table} {narrower}")
    own_server.query(f"ALTER TABLE {table} {other}")
    own_server.query(f"ALTER TABLE {table} DROP {'INDEX' if is_mysql else 'CONSTRAINT'} uq_cms_pages_slug")
    before = own_server.query(SNAPSHOT, own_server.schema_of(owner.store))
    job = provision(owner, own_server.body)
    assert (job.status, job.error_code) == ("failed", "SchemaMismatch")
    status = owner.get(f"provision/{job.id}/status")
    problems = {(each["column"], each["problem"]) for each in status["report"]["differences"]}
    assert problems == {
        ("seo_title", "missing_column"),
        ("legacy", "required_column"),
        ("title", "narrower_type"),
        ("body", "other_type"),
        ("slug", "missing_unique_key"),
    }
    assert own_server.query(SNAPSHOT, own_server.schema_of(owner.store)) == before
    assert Store.get(owner.store.id).database_status is DatabaseStatus.FAILED


def test_the_tables_of_the_revision_are_compared_without_a_difference(
    owner: OwnerApi, own_server: ServerOfTest
) -> None:
    create_unmarked(own_server, owner.store, *(table.name for table in TABLES))
    job = provision(owner, own_server.body)
    assert (job.status, job.report) == ("completed", {"adopted": [table.name for table in TABLES]})


def test_a_schema_of_another_store_is_refused(api: httpx2.Client, owner: OwnerApi, own_server: ServerOfTest) -> None:
    assert provision(owner, own_server.body).status == "completed"
    before = own_server.comments(owner.store)
    stranger = owner_api(api, new_store())
    job = provision(stranger, own_server.body)
    assert (job.status, job.error_code) == ("failed", "SchemaInUse")
    assert stranger.post("database/test", {"database": own_server.body}).json()["code"] == "SchemaInUse"
    assert own_server.comments(owner.store) == before


def test_migrations_of_the_owner_in_the_schema_are_not_touched(owner: OwnerApi, own_server: ServerOfTest) -> None:
    create_unmarked(own_server, owner.store)
    table = f"{own_server.schema_of(owner.store)}.alembic_version"
    own_server.query(f"CREATE TABLE {table} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    own_server.query(f"INSERT INTO {table} VALUES ('theirs')")
    job = provision(owner, own_server.body)
    assert job.error_code == "SchemaMismatch"
    assert [row[0] for row in own_server.query(f"SELECT version_num FROM {table}")] == ["theirs"]


def test_a_hostile_name_of_a_schema_is_one_name(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    name = 'a"; DROP TABLE x; -- %s é'
    job = provision(owner, {**own_postgresql.body, "schema": name})
    assert job.status is JobStatus.COMPLETED, job.error_code
    assert own_postgresql.query("SELECT count(*) FROM pg_namespace WHERE nspname = %s", name) == [(1,)]
    with store_connections.transaction(Store.get(owner.store.id)) as transaction:
        assert len(transaction.connection.execute(CATEGORIES.select()).all()) == 1


def test_a_login_without_the_right_to_create_others_serves_the_store(
    owner: OwnerApi, own_postgresql: ServerOfTest
) -> None:
    login = f"b_{owner.store.id.replace('-', '')[:30]}"
    password = "only-in-tests"
    plain = f"plain_{owner.store.id[:8]}"
    with own_postgresql.connect() as connection:
        database = sql.Identifier(own_postgresql.body["database"])
        connection.execute(f"CREATE ROLE {plain} LOGIN PASSWORD '{password}'")
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, sql.Identifier(plain)))
    try:
        job = provision(owner, {**own_postgresql.body, "username": plain, "password": password})
        assert job.status is JobStatus.COMPLETED, job.error_code
        assert own_postgresql.query("SELECT count(*) FROM pg_roles WHERE rolname = %s", login) == [(0,)]
        with store_connections.transaction(Store.get(owner.store.id)) as transaction:
            assert transaction.connection.exec_driver_sql("SELECT current_user").scalar() == plain
    finally:
        store_connections.close_connections()
        own_postgresql.query(f"DROP OWNED BY {plain} CASCADE")
        own_postgresql.query(f"DROP ROLE {plain}")


def test_a_store_has_a_login_with_rights_on_its_tables_only(owner: OwnerApi, own_server: ServerOfTest) -> None:
    assert provision(owner, own_server.body).status == "completed"
    with store_connections.transaction(Store.get(owner.store.id)) as transaction:
        user = str(transaction.connection.exec_driver_sql("SELECT current_user").scalar())
    assert user.partition("@")[0] == f"b_{owner.store.id.replace('-', '')[:30]}"
    assert ProvisioningJob.get(owner_job(owner)).request is None


def owner_job(owner: OwnerApi) -> str:
    """Return the store's only job."""
    [key] = ProvisioningJob.by_store.query(owner.store.id)
    return key.id


def test_a_large_report_is_complete(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    own_postgresql.query("CREATE SCHEMA store")
    for table in TABLES:
        own_postgresql.query(f"CREATE TABLE store.{table.name} (key int PRIMARY KEY)")
    job = provision(owner, own_postgresql.body)
    assert job.error_code == "SchemaMismatch"
    assert list(job.report) == ["stored_at"]
    differences = owner.get(f"provision/{job.id}/status")["report"]["differences"]
    assert {each["table"] for each in differences} == {table.name for table in TABLES}
    assert len(differences) > 150
