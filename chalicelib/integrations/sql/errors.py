"""Why a server cannot be used, and why a statement failed. The server's own words never leave this package."""

from __future__ import annotations

from enum import StrEnum


class ServerRefused(Exception):
    """A server cannot be used. The message is ours and names no host, user or password."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class ServerUnreachable(ServerRefused):
    """The server does not answer."""


class ServerAddressForbidden(ServerRefused):
    """The host is not at a public address."""


class ServerTlsInvalid(ServerRefused):
    """The server's certificate cannot be verified."""


class ServerLoginRefused(ServerRefused):
    """The server refuses the login."""


class ServerDatabaseMissing(ServerRefused):
    """The server has no database of this name."""


class ServerPrivilegeMissing(ServerRefused):
    """The login lacks a privilege."""


class ServerTooOld(ServerRefused):
    """The server's version is not supported."""


class FailureReason(StrEnum):
    """Why a statement failed, in the words of both dialects."""

    UNIQUE = "unique"
    REFERENCE = "reference"
    """The row refers to a missing row, or others refer to it."""
    CHECK = "check"
    NULL = "null"
    VALUE = "value"
    """Too long, out of range, or of another type."""
    DEADLOCK = "deadlock"
    """The server rolled the transaction back because of a concurrent one; a retry may pass."""
    LOCK_TIMEOUT = "lock_timeout"
    STATEMENT_TIMEOUT = "statement_timeout"
    DISCONNECTED = "disconnected"
    PRIVILEGE = "privilege"
    FULL = "full"
    """The server is full, or read-only: Supabase allows only reads when a disk is full."""
    MISSING = "missing"
    """A table, column or schema does not exist."""
    OTHER = "other"


class StatementFailed(Exception):
    """A statement failed, and its transaction is rolled back. `code` is the server's error code, for the log.

    `constraint` is the name of the violated constraint if the server names it.
    """

    def __init__(self, reason: FailureReason, code: str = "", constraint: str | None = None) -> None:
        super().__init__(f"a statement failed: {reason} {code}".strip())
        self.reason = reason
        self.code = code
        self.constraint = constraint
