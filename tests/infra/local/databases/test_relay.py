"""The relay of the local stack's fixed ports."""

from __future__ import annotations

import socket

import psycopg
import pytest

from infra.local.databases.address import DatabaseServer, ServerUnavailable
from infra.local.databases.relay import Relay


def test_the_server_starts_at_the_first_connection(postgresql_server: DatabaseServer) -> None:
    starts = []

    def target() -> DatabaseServer:
        starts.append(postgresql_server)
        return postgresql_server

    with Relay(target) as relay:
        assert starts == []
        with psycopg.connect(
            host="127.0.0.1", port=relay.port, user="postgres", password=postgresql_server.password, dbname="postgres"
        ) as connection:
            long_text = "x" * 300_000
            assert connection.execute("SELECT %s", (long_text,)).fetchone() == (long_text,)
        assert len(starts) == 1


def test_a_server_that_cannot_start_closes_the_connection(capfd: pytest.CaptureFixture[str]) -> None:
    def target() -> DatabaseServer:
        raise ServerUnavailable("install the package postgresql")

    with Relay(target) as relay, socket.create_connection(("127.0.0.1", relay.port)) as client:
        assert client.recv(1) == b""
    assert "install the package postgresql" in capfd.readouterr().err


def test_stopping_closes_connections_and_frees_the_port(postgresql_server: DatabaseServer) -> None:
    with Relay(lambda: postgresql_server) as relay:
        client = psycopg.connect(
            host="127.0.0.1", port=relay.port, user="postgres", password=postgresql_server.password, dbname="postgres"
        )
    with client, pytest.raises(psycopg.OperationalError):
        client.execute("SELECT 1")
    socket.create_server(("127.0.0.1", relay.port)).close()


def test_a_port_in_use_is_an_error(postgresql_server: DatabaseServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        Relay(lambda: postgresql_server, other.getsockname()[1])
