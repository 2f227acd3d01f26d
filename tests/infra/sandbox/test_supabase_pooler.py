"""The databases of sandbox projects, behind the pooler."""

from __future__ import annotations

import psycopg
import pytest

from chalicelib.integrations.supabase.management_api import ManagementApi
from chalicelib.integrations.supabase.projects import NewProject, Project
from infra.sandbox.supabase import SANDBOX_ACCESS_TOKEN, SANDBOX_ORGANIZATIONS, SupabaseSandbox
from tests.databases import DatabaseServer, postgresql_connection

PASSWORD = "a database password"


def create_project(supabase: SupabaseSandbox, polls: int = 0) -> Project:
    supabase.come_up_after(polls=polls)
    new = NewProject(next(iter(SANDBOX_ORGANIZATIONS)), "backroom", "eu-central-1", PASSWORD)
    return ManagementApi(SANDBOX_ACCESS_TOKEN).create_project(new)


def connect(supabase: SupabaseSandbox, user: str, password: str = PASSWORD, database: str = "postgres"):
    return psycopg.connect(
        host="127.0.0.1", port=supabase.pooler.port, user=user, password=password, dbname=database, autocommit=True
    )


def test_the_owner_logs_in_as_postgres_of_the_project(supabase: SupabaseSandbox) -> None:
    project = create_project(supabase)
    with connect(supabase, f"postgres.{project.ref}") as connection:
        connection.execute("CREATE SCHEMA store")
        assert connection.execute("SELECT current_database()").fetchone() == (f"supabase_{project.ref}",)
        assert connection.execute("SHOW is_superuser").fetchone() == ("off",)


def test_a_role_of_the_project_logs_in_with_the_suffix(supabase: SupabaseSandbox) -> None:
    project = create_project(supabase)
    role = f"store_{project.ref}"
    with connect(supabase, f"postgres.{project.ref}") as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    with connect(supabase, f"{role}.{project.ref}", "secret") as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)


def test_no_login_before_the_project_is_up(supabase: SupabaseSandbox) -> None:
    project = create_project(supabase, polls=1)
    with pytest.raises(psycopg.OperationalError, match="Tenant or user not found"):
        connect(supabase, f"postgres.{project.ref}")
    ManagementApi(SANDBOX_ACCESS_TOKEN).project(project.ref)
    connect(supabase, f"postgres.{project.ref}").close()


@pytest.mark.parametrize("user", ["postgres", "postgres.abcdefghijklmnopqrst", ".", ""])
def test_no_login_without_a_project(supabase: SupabaseSandbox, user: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        connect(supabase, user)


def test_no_login_with_another_password_or_database(supabase: SupabaseSandbox) -> None:
    project = create_project(supabase)
    with pytest.raises(psycopg.OperationalError):
        connect(supabase, f"postgres.{project.ref}", "wrong")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(supabase, f"postgres.{project.ref}", database="template1")


def test_a_deleted_project_leaves_no_database_and_no_role(
    supabase: SupabaseSandbox, postgresql_server: DatabaseServer
) -> None:
    project = create_project(supabase)
    with connect(supabase, f"postgres.{project.ref}") as connection:
        connection.execute(f"CREATE ROLE store_{project.ref} LOGIN PASSWORD 'secret'")
    ManagementApi(SANDBOX_ACCESS_TOKEN).delete_project(project.ref)
    query = (
        "SELECT (SELECT count(*) FROM pg_database WHERE datname LIKE %(ref)s)"
        " + (SELECT count(*) FROM pg_roles WHERE rolname LIKE %(ref)s)"
    )
    with postgresql_connection(postgresql_server) as connection:
        assert connection.execute(query, {"ref": f"%{project.ref}"}).fetchone() == (0,)


def test_the_pooler_shares_server_connections(supabase: SupabaseSandbox, pgbouncer: DatabaseServer) -> None:
    project = create_project(supabase)
    login = (supabase, f"postgres.{project.ref}")
    with connect(*login) as one, connect(*login) as other:
        query = "SELECT pg_backend_pid()"
        assert one.execute(query).fetchone() == other.execute(query).fetchone()
