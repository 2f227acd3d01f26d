"""Translates the drivers' errors into ours. Servers' texts are matched, never passed on."""

from __future__ import annotations

import re
import ssl

import psycopg
import pymysql
from sqlalchemy import exc

from chalicelib.integrations.sql.errors import (
    FailureReason,
    ServerDatabaseMissing,
    ServerLoginRefused,
    ServerPrivilegeMissing,
    ServerRefused,
    ServerTlsInvalid,
    ServerUnreachable,
    StatementFailed,
)

DriverError = (exc.SQLAlchemyError, psycopg.Error, pymysql.MySQLError)

_SQLSTATES = {
    "23505": FailureReason.UNIQUE,
    "23503": FailureReason.REFERENCE,
    "23001": FailureReason.REFERENCE,
    "23514": FailureReason.CHECK,
    "23502": FailureReason.NULL,
    "40P01": FailureReason.DEADLOCK,
    "40001": FailureReason.DEADLOCK,
    "55P03": FailureReason.LOCK_TIMEOUT,
    "57014": FailureReason.STATEMENT_TIMEOUT,
    "42501": FailureReason.PRIVILEGE,
    "53100": FailureReason.FULL,
    "53000": FailureReason.FULL,
    "25006": FailureReason.FULL,
    "42P01": FailureReason.MISSING,
    "42703": FailureReason.MISSING,
    "3F000": FailureReason.MISSING,
}
"""PostgreSQL, "Appendix A. Error Codes"."""
_MYSQL_CODES = {
    1062: FailureReason.UNIQUE,
    1586: FailureReason.UNIQUE,
    1216: FailureReason.REFERENCE,
    1217: FailureReason.REFERENCE,
    1451: FailureReason.REFERENCE,
    1452: FailureReason.REFERENCE,
    3819: FailureReason.CHECK,
    4025: FailureReason.CHECK,
    1048: FailureReason.NULL,
    1364: FailureReason.NULL,
    1264: FailureReason.VALUE,
    1292: FailureReason.VALUE,
    1366: FailureReason.VALUE,
    1406: FailureReason.VALUE,
    1213: FailureReason.DEADLOCK,
    1020: FailureReason.DEADLOCK,
    1205: FailureReason.LOCK_TIMEOUT,
    1969: FailureReason.STATEMENT_TIMEOUT,
    3024: FailureReason.STATEMENT_TIMEOUT,
    1044: FailureReason.PRIVILEGE,
    1142: FailureReason.PRIVILEGE,
    1143: FailureReason.PRIVILEGE,
    1021: FailureReason.FULL,
    1114: FailureReason.FULL,
    1290: FailureReason.FULL,
    1836: FailureReason.FULL,
    1049: FailureReason.MISSING,
    1054: FailureReason.MISSING,
    1146: FailureReason.MISSING,
    2006: FailureReason.DISCONNECTED,
    2013: FailureReason.DISCONNECTED,
}
"""MySQL, "Server Error Message Reference"; MariaDB, "MariaDB Error Code Reference"."""
_MYSQL_REFUSALS: dict[int, type[ServerRefused]] = {
    1045: ServerLoginRefused,
    1251: ServerLoginRefused,
    1698: ServerLoginRefused,
    3118: ServerLoginRefused,
    1049: ServerDatabaseMissing,
    1044: ServerPrivilegeMissing,
    2026: ServerTlsInvalid,
}
_CONSTRAINT = re.compile(r"(?:for key|CONSTRAINT) ['`](?:[^'`.]*\.)?([^'`]+)['`]|Check constraint '([^']+)'")


def server_refusal(error: BaseException) -> ServerRefused:
    """Return why a connection could not be opened."""
    if isinstance(error, ssl.SSLError) or isinstance(getattr(error, "original_exception", None), ssl.SSLError):
        return ServerTlsInvalid()
    if isinstance(error, pymysql.MySQLError):
        code = error.args[0] if error.args else None
        return _MYSQL_REFUSALS.get(code, ServerUnreachable)() if isinstance(code, int) else ServerUnreachable()
    return _postgresql_refusal(str(error)) if isinstance(error, psycopg.Error) else ServerUnreachable()


def _postgresql_refusal(text: str) -> ServerRefused:
    """Return the refusal that libpq's text means: libpq gives no SQLSTATE for a failed connection."""
    if re.search(r"SSL|certificate|TLS", text):
        return ServerTlsInvalid()
    if re.search(r'database "[^"]*" does not exist|no such database', text):
        return ServerDatabaseMissing()
    if re.search(r"permission denied for database|CONNECT privilege", text):
        return ServerPrivilegeMissing()
    if re.search(r"too many (connections|clients)|connection slots|starting up|shutting down|recovery", text):
        return ServerUnreachable()
    return ServerLoginRefused() if "FATAL" in text or "authentication" in text else ServerUnreachable()


def is_disconnect(error: BaseException) -> bool:
    """Return whether the connection is lost."""
    return statement_failure(error).reason is FailureReason.DISCONNECTED


def statement_failure(error: BaseException) -> StatementFailed:
    """Return why a statement failed, from an error of SQLAlchemy or of a driver."""
    disconnected = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate or ""
        if disconnected or not state or state.startswith(("08", "57P")):
            return StatementFailed(FailureReason.DISCONNECTED, state)
        default = FailureReason.VALUE if state.startswith("22") else FailureReason.OTHER
        return StatementFailed(_SQLSTATES.get(state, default), state, cause.diag.constraint_name)
    if isinstance(cause, pymysql.MySQLError):
        code = cause.args[0] if cause.args and isinstance(cause.args[0], int) else 0
        reason = _MYSQL_CODES.get(code, FailureReason.OTHER)
        if disconnected or code == 0:
            reason = FailureReason.DISCONNECTED
        return StatementFailed(reason, str(code), _constraint(str(cause)))
    return StatementFailed(FailureReason.DISCONNECTED if disconnected else FailureReason.OTHER)


def _constraint(text: str) -> str | None:
    """Return the constraint that a message of MySQL names."""
    match = _CONSTRAINT.search(text)
    return next((name for name in match.groups() if name), None) if match else None
