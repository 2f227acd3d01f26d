"""Execution of statements in a store's database, with the server's refusals as our own errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.exc import DBAPIError

from chalicelib.platform.domain.store_violations import (
    CheckViolation,
    Deadlock,
    ReferenceViolation,
    StatementRefused,
    UniqueViolation,
)
from chalicelib.platform.repository.store_transactions import StoreTransaction

_BY_SQLSTATE: Mapping[str, type[StatementRefused]] = {
    "23503": ReferenceViolation,
    "23505": UniqueViolation,
    "23514": CheckViolation,
    "40001": Deadlock,
    "40P01": Deadlock,
    "55P03": Deadlock,
}
"""Source: PostgreSQL, "Error Codes" (serialization failure, deadlock, lock not available)."""
_BY_ERROR_NUMBER: Mapping[int, type[StatementRefused]] = {
    1020: Deadlock,
    1062: UniqueViolation,
    1205: Deadlock,
    1213: Deadlock,
    1451: ReferenceViolation,
    1452: ReferenceViolation,
    3819: CheckViolation,
    4025: CheckViolation,
}
"""Source: MySQL, "Server Error Message Reference"; MariaDB, "Error Codes" (4025). 1020 is a row that changed
(MariaDB), 1205 the wait for a lock."""

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def execute(
    transaction: StoreTransaction, statement: Executable, parameters: Parameters | None = None
) -> CursorResult[Any]:
    """Execute a statement, once for each of several parameters.

    Raises UniqueViolation, ReferenceViolation, CheckViolation, Deadlock without the server's text; other errors as
    SQLAlchemy's.
    """
    try:
        return transaction.connection.execute(statement, parameters)
    except DBAPIError as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from None


def _refusal(error: DBAPIError) -> type[StatementRefused] | None:
    """Return the refusal that an error of psycopg or PyMySQL means, or None."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _BY_SQLSTATE.get(state)
    number = error.orig.args[0] if error.orig and error.orig.args else None
    return _BY_ERROR_NUMBER.get(number) if isinstance(number, int) else None
