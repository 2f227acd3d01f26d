"""Check of strangers' hosts: we connect to public addresses only, and to the address that was checked.

`kit/addresses.py` has the rules of public addresses. A name may resolve to another address at the next look-up, so the
driver gets the address, and the name only to verify the certificate.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from ipaddress import ip_address

from chalicelib.integrations.sql.errors import ServerAddressForbidden, ServerUnreachable
from chalicelib.kit import addresses, config
from chalicelib.kit.errors import Problem

MIN_PORT = 1024
_MAX_ADDRESSES = 2
"""Of a name; each unanswered one costs the connect timeout."""
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def checked_addresses(host: str, port: int, allowed_hosts: Collection[str] = ()) -> tuple[str, ...]:
    """Return the addresses to connect to. `allowed_hosts` may be at private addresses.

    Loopback is allowed in the stages `local` and `test`. Raises ServerAddressForbidden, or ServerUnreachable if the name
    has no address.
    """
    if not MIN_PORT <= port <= 65535:
        raise ServerAddressForbidden
    if host in config.LOOPBACK and not config.settings().is_live:
        return ("127.0.0.1" if host == "localhost" else host,)
    if not (_is_address(host) or _is_name(host)):
        raise ServerAddressForbidden
    try:
        candidates = _resolve(host, port) if host in allowed_hosts else addresses.resolve_public(host)
    except Problem as error:
        raise ServerAddressForbidden from error
    except (OSError, UnicodeError) as error:
        raise ServerUnreachable from error
    if config.settings().is_live and any(ip_address(address).is_loopback for address in candidates):
        raise ServerAddressForbidden
    return candidates[:_MAX_ADDRESSES]


def _resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host, public or not. Raises OSError."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_name(host: str) -> bool:
    """Return whether the host is a domain name: neither a path to a socket, a list, nor a number that means an address."""
    return bool(_NAME.fullmatch(host)) and not _NUMBER.fullmatch(host.rpartition(".")[2])
