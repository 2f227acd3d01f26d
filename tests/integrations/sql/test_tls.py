"""TLS to strangers' servers: an impostor gets no password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import certifi
import pytest

from chalicelib.integrations.sql import engines, tls
from chalicelib.integrations.sql.errors import ServerRefused, ServerTlsInvalid, ServerUnreachable
from chalicelib.integrations.sql.servers import Dialect, Limits, Server
from chalicelib.kit import config
from tests.tls_databases import FAULTS, Fault, TlsServer, impostor, silent_server

LIMITS = Limits(connect=2, statement=2, lock=1, unanswered=2)
SECRET = "a secret password"


def server(dialect: Dialect, port: int, ca_certificate: str | None, host: str = "127.0.0.1") -> Server:
    return Server(dialect, host, port, "shop", "them", SECRET, ca_certificate)


def refusal(target: Server) -> ServerRefused:
    with pytest.raises(ServerRefused) as refused, engines.connect(target, LIMITS):
        pass
    return refused.value


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("fault", FAULTS)
def test_an_impostor_is_refused_before_a_password_is_sent(dialect: Dialect, fault: Fault) -> None:
    with impostor(dialect.value, fault) as false:
        refused = refusal(server(dialect, false.port, false.ca_certificate))
        assert isinstance(refused, ServerTlsInvalid)
        assert SECRET not in repr(refused)
    assert false.received == []


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_right_certificate_is_accepted(dialect: Dialect, request: pytest.FixtureRequest) -> None:
    fixture = "postgresql_tls_server" if dialect is Dialect.POSTGRESQL else "mariadb_tls_server"
    right: TlsServer = request.getfixturevalue(fixture)
    database = "postgres" if dialect is Dialect.POSTGRESQL else "mysql"
    login = right.server.username, right.server.password
    target = Server(dialect, "localhost", right.server.port, database, *login, right.ca_certificate)
    with engines.connect(target) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    assert isinstance(refusal(replace(target, ca_certificate="no certificate")), ServerTlsInvalid)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_server_that_never_answers_costs_the_limit(dialect: Dialect) -> None:
    with silent_server() as port:
        assert isinstance(refusal(server(dialect, port, None)), ServerUnreachable)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stage `dev`, in which nothing is on this machine."""
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    config.forget_settings()
    yield
    monkeypatch.undo()
    config.forget_settings()


def test_live_stages_verify_every_server(live: None) -> None:
    local = server(Dialect.POSTGRESQL, 5432, None, "localhost")
    assert tls.is_verified(local)
    assert tls.root_file(local) == certifi.where()


def test_only_loopback_without_a_ca_is_not_verified() -> None:
    local = server(Dialect.POSTGRESQL, 5432, None)
    assert not tls.is_verified(local)
    assert tls.is_verified(replace(local, ca_certificate="a certificate"))
    assert tls.is_verified(replace(local, host="db.example.com"))
