"""Addresses of strangers' servers: public ones only, and the checked one is connected to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.integrations.sql import addresses, engines
from chalicelib.integrations.sql.errors import ServerAddressForbidden, ServerUnreachable
from chalicelib.integrations.sql.servers import Dialect, Limits, Server
from chalicelib.kit import config

NAMES = {
    "public.example.com": ["93.184.216.34"],
    "two.example.com": ["93.184.216.34", "93.184.216.35", "93.184.216.36"],
    "private.example.com": ["10.0.0.7"],
    "mixed.example.com": ["93.184.216.34", "192.168.1.1"],
    "loopback.example.com": ["127.0.0.1"],
    "metadata.example.com": ["169.254.169.254"],
    "db.internal": ["10.1.2.3"],
}


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The Internet's names; numbers are read as resolvers do. Others are resolved as usual."""
    names = dict(NAMES)
    look_up = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host in names:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]
        if "example" in str(host):
            raise socket.gaierror("no such name")
        return look_up(host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names


def test_a_public_name_gives_at_most_two_addresses() -> None:
    assert addresses.checked_addresses("public.example.com", 5432) == ("93.184.216.34",)
    assert addresses.checked_addresses("two.example.com", 5432) == ("93.184.216.34", "93.184.216.35")
    assert addresses.checked_addresses("93.184.216.34", 5432) == ("93.184.216.34",)


@pytest.mark.parametrize(
    "host",
    [
        *("private.example.com", "mixed.example.com", "loopback.example.com", "metadata.example.com"),
        *("10.0.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "127.0.0.2"),
        *("2130706433", "0x7f000001", "127.1", "017700000001", "0x7f.1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "fd00::1", "fe80::1%eth0", "[::1]"),
        *("/var/run/postgresql", "@abstract", "a,127.0.0.1", "public.example.com,127.0.0.1", "", " ", "a b", "a\0b"),
        *("public.example.com:5432", "user@public.example.com", "host=127.0.0.1", "-x.example.com", "a..b"),
    ],
)
def test_another_host_is_refused(host: str) -> None:
    with pytest.raises(ServerAddressForbidden):
        addresses.checked_addresses(host, 5432)


@pytest.mark.parametrize("port", [0, 22, 1023, 65536, -1])
def test_a_port_of_the_system_is_refused(port: int) -> None:
    with pytest.raises(ServerAddressForbidden):
        addresses.checked_addresses("public.example.com", port)


def test_a_name_without_an_address_is_unreachable() -> None:
    with pytest.raises(ServerUnreachable):
        addresses.checked_addresses("missing.example.com", 5432)


def test_an_allowed_host_may_be_private() -> None:
    assert addresses.checked_addresses("db.internal", 5432, {"db.internal"}) == ("10.1.2.3",)
    with pytest.raises(ServerAddressForbidden):
        addresses.checked_addresses("db.internal", 5432)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    config.forget_settings()
    yield
    monkeypatch.undo()
    config.forget_settings()


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "loopback.example.com"])
def test_loopback_is_refused_in_an_account_even_if_it_is_allowed(host: str) -> None:
    with pytest.raises(ServerAddressForbidden):
        addresses.checked_addresses(host, 5432, {host})


@pytest.mark.parametrize("dialect", list(Dialect))
def test_the_checked_address_is_connected_to_although_the_name_changes(
    resolver: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, dialect: Dialect
) -> None:
    check = addresses.checked_addresses

    def rebind(host: str, port: int, allowed: Any = ()) -> tuple[str, ...]:
        found = check(host, port, allowed)
        resolver[host] = ["127.0.0.1"]
        return found

    monkeypatch.setattr(addresses, "checked_addresses", rebind)
    resolver["rebinding.example.com"] = ["::1"]
    with socket.create_server(("127.0.0.1", 0)) as later:
        port = later.getsockname()[1]
        with socket.create_server(("::1", port), family=socket.AF_INET6) as checked:
            target = Server(dialect, "rebinding.example.com", port, "shop", "them", "secret")
            with pytest.raises(ServerUnreachable):
                with engines.connect(target, Limits(connect=2, unanswered=1), {"rebinding.example.com"}):
                    pass
            for listener in (checked, later):
                listener.settimeout(0.2)
            checked.accept()[0].close()
            with pytest.raises(TimeoutError):
                later.accept()
