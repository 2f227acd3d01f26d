"""Schemas, roles and logins on the servers of stores, and the rights of a login.

Generated passwords have letters and digits only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, false, literal, select, table, text, union_all
from sqlalchemy.sql.elements import quoted_name

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.server_requirements import ServerFacts
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.domain.table_marks import TableMark, parse_mark
from chalicelib.platform.repository.store_transactions import execute_as_written, quoted_for

RIGHTS = "SELECT, INSERT, UPDATE, DELETE"
"""What a store's role or login may do with its tables."""
_SCHEMA_LOCK = 7_302_553_410
"""Key of the advisory lock of a server's schemas: any number that no other program uses."""

_POSTGRESQL_FACTS = """
SELECT current_setting('server_version'), n.oid IS NOT NULL, obj_description(n.oid, 'pg_namespace'),
       has_database_privilege(current_database(), 'CREATE'), COALESCE(has_schema_privilege(n.oid, 'CREATE'), false),
       (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user)
FROM (SELECT 1) AS one LEFT JOIN pg_namespace AS n ON n.nspname = :schema
"""
_GRANTED_TABLES = """
SELECT DISTINCT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) AS granted JOIN pg_roles AS r ON r.oid = granted.grantee
WHERE n.nspname = :schema AND r.rolname = :role
"""
_MYSQL_PRIVILEGES = """
SELECT privilege_type, is_grantable FROM information_schema.user_privileges
UNION ALL
SELECT privilege_type, is_grantable FROM information_schema.schema_privileges WHERE :schema LIKE table_schema
"""


def read_server_facts(connection: Connection, dialect: Dialect, schema: str) -> ServerFacts:
    """Return what the login sees of the server and the schema. In MySQL the schema is the database, which exists."""
    if dialect is Dialect.POSTGRESQL:
        row = connection.execute(text(_POSTGRESQL_FACTS), {"schema": schema}).one()
        version, exists, comment, may_create_schema, may_create_tables, may_create_login = row
        mark = parse_mark(comment)
        return ServerFacts(version, exists, mark, may_create_schema, may_create_tables, bool(may_create_login))
    version, role = connection.exec_driver_sql("SELECT VERSION(), CURRENT_ROLE()").one()
    rows = connection.execute(text(_MYSQL_PRIVILEGES), {"schema": schema}).all()
    privileges = {str(row[0]).upper() for row in rows}
    may_grant = any(str(row[1]).upper() == "YES" for row in rows)
    has_role = role not in (None, "NONE", "")
    return ServerFacts(
        version=version,
        schema_exists=True,
        schema_mark=None,
        may_create_schema=False,
        may_create_tables=has_role or "CREATE" in privileges,
        may_create_login="CREATE USER" in privileges and may_grant,
    )


@contextmanager
def statements(connection: Connection) -> Iterator[None]:
    """Run the block in a transaction. Raises StatementFailed for an error of the server."""
    with engines.translated(), connection.begin():
        yield


def lock_schemas(connection: Connection) -> None:
    """Wait until no other transaction creates a schema on this PostgreSQL server; the lock ends with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})


def count_shared_schemas(connection: Connection) -> int:
    """Return the number of stores that have a schema in this database of a shared server."""
    count: int = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^s_[0-9a-f]{32}$'"
    ).scalar_one()
    return count


def create_schema(connection: Connection, schema: str, mark: TableMark) -> None:
    """Create a PostgreSQL schema with a mark."""
    name = quoted_for(connection, schema)
    execute_as_written(connection, [f"CREATE SCHEMA {name}", f"COMMENT ON SCHEMA {name} IS '{mark}'"])


def create_shared_role(connection: Connection, role: str, login: str) -> None:
    """Create the role of a store on a shared server; the login of all stores may take it, but inherits nothing."""
    name = quoted_for(connection, role)
    execute_as_written(
        connection, [f"CREATE ROLE {name} NOLOGIN NOINHERIT", f"GRANT {name} TO {quoted_for(connection, login)}"]
    )


def grant_schema(connection: Connection, schema: str, grantee: str) -> None:
    """Let a role see the objects of a PostgreSQL schema."""
    execute_as_written(
        connection, [f"GRANT USAGE ON SCHEMA {quoted_for(connection, schema)} TO {quoted_for(connection, grantee)}"]
    )


def grant_later_tables(connection: Connection, schema: str, grantee: str) -> None:
    """Let a role use the tables that this login will create in a PostgreSQL schema: those of later revisions, too."""
    defaults = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {quoted_for(connection, schema)}"
    execute_as_written(connection, [f"{defaults} GRANT {RIGHTS} ON TABLES TO {quoted_for(connection, grantee)}"])


def set_login(connection: Connection, dialect: Dialect, login: str, password: str) -> None:
    """Create a login that owns nothing, or give the existing one this password."""
    name = quoted_for(connection, login)
    if dialect is Dialect.MYSQL:
        account = f"{name}@'%'"
        execute_as_written(
            connection,
            [
                f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{password}'",
                f"ALTER USER {account} IDENTIFIED BY '{password}'",
            ],
        )
        return
    verb = "ALTER" if _has_role(connection, login) else "CREATE"
    execute_as_written(
        connection, [f"{verb} ROLE {name} LOGIN NOINHERIT PASSWORD '{_scram_verifier(connection, login, password)}'"]
    )


def check_access(connection: Connection, place: StorePlace, tables: Sequence[str]) -> None:
    """Read no row of each table with the login of the store's calls. Raises StatementFailed if it may not."""
    acting = connection.execution_options(**{engines.ROLE: place.role})
    schema = quoted_name(place.schema, quote=True)
    reads = [select(literal(1)).select_from(table(name, schema=schema)).where(false()) for name in tables]
    with statements(acting):
        acting.execute(union_all(*reads))


def revoke_table(connection: Connection, dialect: Dialect, schema: str, table: str, grantee: str) -> None:
    """Take the rights on a technical table back, which later tables of a PostgreSQL schema have by default."""
    if dialect is Dialect.POSTGRESQL:
        name = f"{quoted_for(connection, schema)}.{quoted_for(connection, table)}"
        execute_as_written(connection, [f"REVOKE ALL ON {name} FROM {quoted_for(connection, grantee)}"])


def drop_schema(connection: Connection, schema: str) -> None:
    """Drop an empty PostgreSQL schema."""
    execute_as_written(connection, [f"DROP SCHEMA {quoted_for(connection, schema)}"])


def drop_schema_with_tables(connection: Connection, schema: str) -> None:
    """Drop a PostgreSQL schema with everything in it."""
    execute_as_written(connection, [f"DROP SCHEMA {quoted_for(connection, schema)} CASCADE"])


def drop_role(connection: Connection, schema: str, role: str) -> None:
    """Drop a PostgreSQL role or login with its rights on the schema and its tables. It owns nothing.

    `DROP OWNED` would need the privileges of the role, which its creator does not have.
    """
    if not _has_role(connection, role):
        return
    name, place = quoted_for(connection, role), quoted_for(connection, schema)
    tables = connection.execute(text(_GRANTED_TABLES), {"schema": schema, "role": role}).scalars().all()
    execute_as_written(
        connection,
        [
            *(f"REVOKE ALL ON {place}.{quoted_for(connection, table)} FROM {name}" for table in tables),
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {place} REVOKE ALL ON TABLES FROM {name}",
            f"REVOKE ALL ON SCHEMA {place} FROM {name}",
            f"DROP ROLE {name}",
        ],
    )


def drop_mysql_login(connection: Connection, login: str) -> None:
    """Drop a login of a MySQL server with its rights."""
    execute_as_written(connection, [f"DROP USER IF EXISTS {quoted_for(connection, login)}@'%'"])


def _has_role(connection: Connection, role: str) -> bool:
    """Return whether the PostgreSQL server has the role."""
    query = text("SELECT count(*) FROM pg_roles WHERE rolname = :role")
    return bool(connection.execute(query, {"role": role}).scalar_one())


def _scram_verifier(connection: Connection, login: str, password: str) -> str:
    """Return the SCRAM-SHA-256 verifier of a password, so that no log of the server can hold the password."""
    driver = connection.connection.driver_connection
    verifier: bytes = driver.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")  # type: ignore[union-attr]
    return verifier.decode()
