"""SQLAlchemy's dialects without its first queries to each server: the drivers have the answers."""

from __future__ import annotations

from typing import Any

from pymysql.constants import SERVER_STATUS
from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from chalicelib.integrations.sql.servers import Dialect

SQL_MODE = "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"


class PostgresqlDialect(PGDialect_psycopg):
    """PostgreSQL by psycopg. Statements name their schema, so that the default one is not read."""

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Connection) -> tuple[int, ...]:
        version = _driver_connection(connection).info.server_version
        return version // 10000, version % 10000

    def _get_default_schema_name(self, connection: Connection) -> str:  # noqa: ARG002
        return "public"

    def _set_backslash_escapes(self, connection: Connection) -> None:  # noqa: ARG002
        self._backslash_escapes = False

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:  # noqa: ARG002
        return "READ COMMITTED"


class MysqlDialect(MySQLDialect_pymysql):
    """MySQL or MariaDB by PyMySQL, with the session that `drivers` sets."""

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Connection) -> tuple[int, ...]:
        return self._parse_server_version(_driver_connection(connection).server_version)

    def _get_default_schema_name(self, connection: Connection) -> str:
        name = _driver_connection(connection).db
        return name.decode() if isinstance(name, bytes) else str(name)

    def _detect_sql_mode(self, connection: Connection) -> None:  # noqa: ARG002
        self._sql_mode = SQL_MODE

    def _detect_casing(self, connection: Connection) -> int:  # noqa: ARG002
        self._casing = 0
        return 0

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:  # noqa: ARG002
        return "READ COMMITTED"

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back if a transaction is open, by the server's last answer: the pool calls this after each use."""
        if dbapi_connection.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS:
            dbapi_connection.rollback()


def _driver_connection(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


DIALECT_URLS = {Dialect.POSTGRESQL: "postgresql+backroom://", Dialect.MYSQL: "mysql+backroom://"}

registry.register("postgresql.backroom", __name__, PostgresqlDialect.__name__)
registry.register("mysql.backroom", __name__, MysqlDialect.__name__)
