"""Reading of servers' errors: the same words for all, and never the server's."""

from __future__ import annotations

import ssl

import psycopg
import pymysql
import pytest

from chalicelib.integrations.sql import failures
from chalicelib.integrations.sql.errors import (
    FailureReason,
    ServerDatabaseMissing,
    ServerLoginRefused,
    ServerPrivilegeMissing,
    ServerRefused,
    ServerTlsInvalid,
    ServerUnreachable,
)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ('FATAL:  password authentication failed for user "them"', ServerLoginRefused),
        ("FATAL:  Tenant or user not found", ServerLoginRefused),
        ("FATAL:  authentification par mot de passe échouée pour l'utilisateur « them »", ServerLoginRefused),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4"', ServerLoginRefused),
        ('FATAL:  database "shop" does not exist', ServerDatabaseMissing),
        ("FATAL:  no such database: shop", ServerDatabaseMissing),
        ('FATAL:  permission denied for database "shop"', ServerPrivilegeMissing),
        ("FATAL:  sorry, too many clients already", ServerUnreachable),
        ("FATAL:  remaining connection slots are reserved", ServerUnreachable),
        ("FATAL:  the database system is starting up", ServerUnreachable),
        ("SSL error: certificate verify failed", ServerTlsInvalid),
        ('server certificate for "a" does not match host name "b"', ServerTlsInvalid),
        ("server does not support SSL, but SSL was required", ServerTlsInvalid),
        ("connection timeout expired", ServerUnreachable),
        ("connection to server failed: Connection refused", ServerUnreachable),
    ],
)
def test_a_refusal_of_postgresql_is_read_from_its_text(text: str, refusal: type[ServerRefused]) -> None:
    result = failures.server_refusal(psycopg.OperationalError(text))
    assert type(result) is refusal
    assert text not in str(result)


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (1045, ServerLoginRefused),
        (1698, ServerLoginRefused),
        (1049, ServerDatabaseMissing),
        (1044, ServerPrivilegeMissing),
        (2026, ServerTlsInvalid),
        (1040, ServerUnreachable),
        (2003, ServerUnreachable),
    ],
)
def test_a_refusal_of_mysql_is_read_from_its_code(code: int, refusal: type[ServerRefused]) -> None:
    assert type(failures.server_refusal(pymysql.OperationalError(code, "text of the server"))) is refusal


def test_an_error_of_tls_is_one_of_the_certificate() -> None:
    assert type(failures.server_refusal(ssl.SSLError("verify failed"))) is ServerTlsInvalid
    assert type(failures.server_refusal(TimeoutError())) is ServerUnreachable


@pytest.mark.parametrize(
    ("error", "reason", "constraint"),
    [
        (pymysql.IntegrityError(1062, "Duplicate entry 'x' for key 'uq_a'"), FailureReason.UNIQUE, "uq_a"),
        (pymysql.IntegrityError(1062, "Duplicate entry 'x' for key 't.uq_a'"), FailureReason.UNIQUE, "uq_a"),
        (
            pymysql.IntegrityError(1452, "Cannot add: (`s`.`t`, CONSTRAINT `fk_a` FOREIGN KEY (`b`))"),
            FailureReason.REFERENCE,
            "fk_a",
        ),
        (pymysql.OperationalError(3819, "Check constraint 'ck_a' is violated."), FailureReason.CHECK, "ck_a"),
        (pymysql.OperationalError(4025, "CONSTRAINT `ck_a` failed for `s`.`t`"), FailureReason.CHECK, "ck_a"),
        (pymysql.OperationalError(1213, "Deadlock found"), FailureReason.DEADLOCK, None),
        (pymysql.OperationalError(2013, "Lost connection"), FailureReason.DISCONNECTED, None),
        (pymysql.InterfaceError(0, ""), FailureReason.DISCONNECTED, None),
        (psycopg.errors.DeadlockDetected(), FailureReason.DEADLOCK, None),
        (psycopg.errors.SerializationFailure(), FailureReason.DEADLOCK, None),
        (psycopg.errors.LockNotAvailable(), FailureReason.LOCK_TIMEOUT, None),
        (psycopg.errors.InvalidTextRepresentation(), FailureReason.VALUE, None),
        (psycopg.errors.AdminShutdown(), FailureReason.DISCONNECTED, None),
        (psycopg.OperationalError("server closed the connection"), FailureReason.DISCONNECTED, None),
        (psycopg.errors.SyntaxError(), FailureReason.OTHER, None),
    ],
)
def test_a_failed_statement_has_a_reason(error: Exception, reason: FailureReason, constraint: str | None) -> None:
    failure = failures.statement_failure(error)
    assert (failure.reason, failure.constraint) == (reason, constraint)
    assert "Duplicate" not in str(failure)
