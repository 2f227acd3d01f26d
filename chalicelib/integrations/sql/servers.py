"""SQL servers and the limits of a connection to one. Loads no driver."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Dialect(StrEnum):
    """The SQL that a server speaks. MariaDB is MySQL; Supabase is PostgreSQL."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"


@dataclass(frozen=True, slots=True)
class Server:
    """A database of a server and a login to it.

    `ca_certificate` is PEM: the authority that signed the server's certificate, if no public one did.
    `password_secret` names the secret that holds the password, if the login is Backroom's and not an owner's.
    """

    dialect: Dialect
    host: str
    port: int
    database: str
    username: str
    password: str = field(repr=False)
    ca_certificate: str | None = field(default=None, repr=False)
    password_secret: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest that a connection waits for its server, in seconds."""

    connect: int = 5
    statement: int = 5
    lock: int = 2
    unanswered: int = 10
    """After this time without an answer the socket is closed: a server that hangs sends no error."""


CALL_LIMITS = Limits()
"""Of a call of the data API."""
JOB_LIMITS = Limits(statement=60, unanswered=90)
"""Of a job: provisioning and migrations."""
