"""The MariaDB server of tests and `make run`."""

from __future__ import annotations

import pymysql
import pytest

from tests.databases import Database, DatabaseServer, mariadb_connection


@pytest.mark.parametrize("username", ["root", "", "nobody"])
def test_no_login_without_the_password(mariadb_server: DatabaseServer, username: str):
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        pymysql.connect(host=mariadb_server.host, port=mariadb_server.port, user=username, password="")


def test_a_database_is_fresh_and_in_utf8mb4_and_utc(mariadb_database: Database):
    with mariadb_connection(mariadb_database) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == ()
        cursor.execute("SELECT DATABASE(), @@character_set_database, @@time_zone")
        assert cursor.fetchone() == (mariadb_database.name, "utf8mb4", "+00:00")


def test_the_superuser_makes_users_who_have_their_own_database_only(mariadb_database: Database):
    user = f"u{mariadb_database.name[-20:]}"
    with mariadb_connection(mariadb_database) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER {user}@'%' IDENTIFIED BY 'secret'")
        cursor.execute(f"GRANT SELECT ON {mariadb_database.name}.* TO {user}@'%'")
        with (
            pymysql.connect(
                host=mariadb_database.host, port=mariadb_database.port, user=user, password="secret"
            ) as theirs,
            theirs.cursor() as their_cursor,
        ):
            with pytest.raises(pymysql.OperationalError, match="denied"):
                their_cursor.execute("SELECT * FROM mysql.global_priv")
        cursor.execute(f"DROP USER {user}@'%'")
