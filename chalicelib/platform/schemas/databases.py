"""Schemas of the database that an owner requests: shared, a server of their own, or a Supabase project."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.platform.enums import DatabaseType

_MAX_NAME = 63


def _check_bytes(name: str) -> str:
    """Return the name. Raises PydanticCustomError for over 63 bytes (PostgreSQL: "Identifiers and Key Words")."""
    if len(name.encode()) > _MAX_NAME:
        raise PydanticCustomError("name", "must have at most 63 bytes")
    return name


_Host = Annotated[str, Field(min_length=1, max_length=253, examples=["db.example.com"])]
_Name = Annotated[str, Field(min_length=1, max_length=_MAX_NAME, pattern=r"^[^\x00]+$"), AfterValidator(_check_bytes)]
_Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
SCHEMA = "store"
"""The PostgreSQL schema of a store whose owner names none. On Supabase it is never `public`, which its API shows."""
MAX_CERTIFICATE = 16_384


class SharedDatabase(Input):
    """A schema on one of Backroom's servers in the store's region."""

    type: Literal[DatabaseType.SHARED]


class _OwnServer(Input):
    host: _Host
    port: int = Field(ge=1024, le=65535)
    username: _Name
    password: _Password
    ca_certificate: str | None = Field(default=None, max_length=MAX_CERTIFICATE, description="PEM")


class PostgresqlDatabase(_OwnServer):
    """A schema of the owner's PostgreSQL server, version 13 or later. It is created if it does not exist."""

    type: Literal[DatabaseType.POSTGRESQL]
    port: int = Field(default=5432, ge=1024, le=65535)
    database: _Name
    schema_name: _Name = Field(default=SCHEMA, alias="schema")

    @model_validator(mode="after")
    def _is_no_system_schema(self) -> Self:
        if self.schema_name.startswith("pg_") or self.schema_name == "information_schema":
            raise PydanticCustomError("schema", "`schema` must not be a schema of the system")
        return self


class MysqlDatabase(_OwnServer):
    """A database of the owner's MySQL server, version 8.0.16 or later, or MariaDB, version 10.6 or later."""

    type: Literal[DatabaseType.MYSQL]
    port: int = Field(default=3306, ge=1024, le=65535)
    database: _Name


class SupabaseDatabase(Input):
    """A Supabase project: a new one in an organization and region, or an existing one with its database password.

    The access token is kept for the job only.
    """

    type: Literal[DatabaseType.SUPABASE]
    access_token: _Password
    organization: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    region: Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z]{4,9}-[1-9]$")] | None = None
    project: Annotated[str, Field(pattern=r"^[a-z]{20}$")] | None = None
    password: _Password | None = Field(default=None, description="The database password of an existing project.")

    @model_validator(mode="after")
    def _is_new_or_existing(self) -> Self:
        given = [value is not None for value in (self.organization, self.region, self.project, self.password)]
        if given not in ([True, True, False, False], [False, False, True, True]):
            raise PydanticCustomError("database", "give `organization` and `region`, or `project` and `password`")
        return self


OwnDatabase = PostgresqlDatabase | MysqlDatabase
Database = Annotated[
    SharedDatabase | PostgresqlDatabase | MysqlDatabase | SupabaseDatabase, Field(discriminator="type")
]


class DatabaseInput(Input):
    """The database of a store."""

    database: Database


class OwnDatabaseInput(Input):
    """The changed connection of a store whose owner runs the server: another host, login, password or certificate."""

    database: Annotated[OwnDatabase, Field(discriminator="type")]


class ConnectionTestRead(Schema):
    """A database that can be used. `version` is the server's; `existing_tables` of the store's names are in the schema."""

    type: DatabaseType
    version: str | None
    existing_tables: list[str]
    tested_at: Timestamp


class ConnectionRead(Schema):
    """A store's connection after a change. `config_version` rises with each change."""

    type: DatabaseType
    host: str
    config_version: int
