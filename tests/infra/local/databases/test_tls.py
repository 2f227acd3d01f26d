"""The TLS servers of the tests: clients that verify accept the right ones and refuse the others."""

from __future__ import annotations

import ssl
from pathlib import Path

import psycopg
import pymysql
import pytest

from tests.databases import Dialect
from tests.tls_databases import FAULTS, Fault, TlsServer, impostor, silent_server


def connect_postgresql(host: str, port: int, ca_certificate: str, folder: Path, password: str = "a secret"):
    file = folder / "ca.pem"
    file.write_text(ca_certificate)
    return psycopg.connect(
        host=host,
        port=port,
        user="postgres",
        password=password,
        dbname="postgres",
        sslmode="verify-full",
        sslrootcert=str(file),
        connect_timeout=10,
    )


def connect_mysql(host: str, port: int, ca_certificate: str, password: str = "a secret"):
    context = ssl.create_default_context(cadata=ca_certificate)
    return pymysql.connect(host=host, port=port, user="root", password=password, ssl=context, connect_timeout=10)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_postgresql_with_a_right_certificate_is_accepted(
    postgresql_tls_server: TlsServer, tmp_path: Path, host: str
) -> None:
    server = postgresql_tls_server.server
    ca = postgresql_tls_server.ca_certificate
    with connect_postgresql(host, server.port, ca, tmp_path, server.password) as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("host", ["127.0.0.1"])
def test_mariadb_with_a_right_certificate_is_accepted(mariadb_tls_server: TlsServer, host: str) -> None:
    server = mariadb_tls_server.server
    with connect_mysql(host, server.port, mariadb_tls_server.ca_certificate, server.password) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_version'")
            assert cursor.fetchone()[1].startswith("TLSv1.")


@pytest.mark.parametrize("fault", FAULTS)
def test_an_impostor_of_postgresql_gets_no_password(tmp_path: Path, fault: Fault) -> None:
    with impostor("postgresql", fault) as server:
        with pytest.raises(psycopg.OperationalError, match=r"SSL|certificate"):
            connect_postgresql("127.0.0.1", server.port, server.ca_certificate, tmp_path)
    assert server.received == []


@pytest.mark.parametrize("fault", FAULTS)
def test_an_impostor_of_mysql_gets_no_password(fault: Fault) -> None:
    with impostor("mysql", fault) as server:
        with pytest.raises(pymysql.OperationalError, match=r"certificate|SSL is required"):
            connect_mysql("127.0.0.1", server.port, server.ca_certificate)
    assert server.received == []


def test_a_client_that_does_not_verify_is_seen(tmp_path: Path) -> None:
    """The impostors would record a password: these tests can fail."""
    with impostor("postgresql", "expired") as server:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=server.port, user="them", sslmode="require", connect_timeout=2)
    assert b"them" in b"".join(server.received)
    with impostor("mysql", "plain") as other:
        with pytest.raises(pymysql.Error):
            pymysql.connect(host="127.0.0.1", port=other.port, user="them", password="x", read_timeout=1)
    assert b"them" in b"".join(other.received)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
def test_a_silent_server_never_answers(dialect: Dialect) -> None:
    with silent_server() as port:
        with pytest.raises((psycopg.OperationalError, pymysql.OperationalError)):
            if dialect == "postgresql":
                psycopg.connect(host="127.0.0.1", port=port, connect_timeout=2)
            else:
                pymysql.connect(host="127.0.0.1", port=port, connect_timeout=1, read_timeout=1)
