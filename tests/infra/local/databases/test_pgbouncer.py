"""PgBouncer before the PostgreSQL server of the tests."""

from __future__ import annotations

import psycopg
import pytest

from tests.databases import Database, DatabaseServer, postgresql_connection


def _connect(pgbouncer: DatabaseServer, database: Database, user: str, password: str) -> psycopg.Connection:
    return psycopg.connect(
        host=pgbouncer.host, port=pgbouncer.port, user=user, password=password, dbname=database.name, autocommit=True
    )


def test_a_role_made_on_the_server_logs_in_by_its_password(postgresql_database: Database, pgbouncer: DatabaseServer):
    role = f"role_{postgresql_database.name}"
    with postgresql_connection(postgresql_database) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'their secret'")
    with _connect(pgbouncer, postgresql_database, role, "their secret") as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == (
            role,
            postgresql_database.name,
        )
    with pytest.raises(psycopg.OperationalError):
        _connect(pgbouncer, postgresql_database, role, "wrong")


def test_connections_share_a_server_connection_between_transactions(
    postgresql_database: Database, pgbouncer: DatabaseServer
):
    login = (pgbouncer, postgresql_database, pgbouncer.username, pgbouncer.password)
    with _connect(*login) as one, _connect(*login) as other:
        query = "SELECT pg_backend_pid()"
        assert one.execute(query).fetchone() == other.execute(query).fetchone()
