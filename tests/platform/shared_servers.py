"""A shared server for tests: a fresh database of the test server, with the two logins that the setting names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from psycopg import sql

from chalicelib.kit import clock
from chalicelib.platform.models import PlatformSetting
from tests.databases import Database, postgresql_connection

REGION = "eu-central-1"
_PASSWORD = "only-in-tests"


@dataclass(frozen=True, slots=True)
class SharedServerOfTest:
    """The database of a shared server, and the names of its logins."""

    database: Database
    admin: str
    login: str


@pytest.fixture
def shared_server(postgresql_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedServerOfTest]:
    """The only shared server of the region; its logins are no superusers."""
    suffix = uuid4().hex[:12]
    admin, login = f"admin_{suffix}", f"stores_{suffix}"
    monkeypatch.setitem(os.environ, "SHARED_ADMIN_PASSWORD", _PASSWORD)
    monkeypatch.setitem(os.environ, "SHARED_STORES_PASSWORD", _PASSWORD)
    with postgresql_connection(postgresql_database) as connection:
        for name, options in ((admin, "CREATEROLE"), (login, "NOINHERIT")):
            statement = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(name), sql.SQL(options), sql.Literal(_PASSWORD)))
        database = sql.Identifier(postgresql_database.name)
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, sql.Identifier(admin)))
        put_shared_servers(setting_of("one", postgresql_database, admin, login))
        yield SharedServerOfTest(postgresql_database, admin, login)
        roles = connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^s_[0-9a-f]{32}$'").fetchall()
        for (role,) in roles:
            if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [role]).fetchone():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(role)))
                connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
        for name in (admin, login):
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def setting_of(name: str, database: Database, admin: str, login: str, **options: object) -> dict[str, object]:
    """Return a server of the setting."""
    return {
        "name": name,
        "region": REGION,
        "host": database.host,
        "port": database.port,
        "database": database.name,
        "username": login,
        "password_secret": "SHARED_STORES_PASSWORD",
        "admin_username": admin,
        "admin_password_secret": "SHARED_ADMIN_PASSWORD",
        **options,
    }


def put_shared_servers(*servers: dict[str, object]) -> None:
    """Write the setting `shared_servers`."""
    PlatformSetting("shared_servers", value={"servers": servers}, version=1, updated_at=clock.now()).save()
