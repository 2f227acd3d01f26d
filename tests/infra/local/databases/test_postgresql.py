"""The PostgreSQL server of tests and `make run`."""

from __future__ import annotations

import psycopg
import pytest

from tests.databases import Database, DatabaseServer, postgresql_connection


def test_the_server_demands_the_password(postgresql_server: DatabaseServer):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=postgresql_server.host,
            port=postgresql_server.port,
            user="postgres",
            password="wrong",
            dbname="postgres",
        )


def test_the_server_listens_on_loopback_only(postgresql_server: DatabaseServer):
    with postgresql_connection(postgresql_server) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


def test_a_database_is_fresh_and_named_once(postgresql_database: Database):
    with postgresql_connection(postgresql_database) as connection:
        row = connection.execute("SELECT current_database(), count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert row.fetchone() == (postgresql_database.name, 0)
