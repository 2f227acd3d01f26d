"""Connections to stores' databases on real servers."""

from __future__ import annotations

from sqlalchemy import text

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.platform.service import store_connections
from tests.databases import *  # noqa: F403


def test_try(postgresql_database, mariadb_database) -> None:
    for database in (postgresql_database, mariadb_database):
        server = Server(
            Dialect(database.dialect), database.host, database.port, database.name, database.username, database.password
        )
        with store_connections.connect(server) as connection:
            print(connection.execute(text("select 1")).scalar())
            print(connection.dialect.server_version_info, connection.dialect.name)
