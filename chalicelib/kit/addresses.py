"""Checks of untrusted URLs: we connect over HTTPS to public addresses of the Internet only.

Otherwise a URL could reach the machine itself, its network, or the credentials that clouds offer at 169.254.169.254
(OWASP, "Server Side Request Forgery Prevention"). `ipaddress.is_global` is not enough: Python 3.11 passes 64:ff9b::/96,
2002::/16, 192.0.0.8 and multicast. Networks: IANA, "Special-Purpose Address Registry" for IPv4 and IPv6.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import ClassVar
from urllib.parse import urlsplit

from chalicelib.kit.errors import Problem

PORT = 443
MAX_URL = 2048
MAX_HOST = 253

_RESERVED_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_GLOBAL_IPV6 = IPv6Network("2000::/3")
"""The only block from which public addresses are assigned; mapped, translated, local and multicast ones are outside."""
_RESERVED_IPV6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_RESERVED_NAMES = (
    "alt",
    "arpa",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
)
"""Top-level names that are no public ones (RFC 2606, 6761, 6762, 7686, 8375, 9476; ICANN, "Name Collision")."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label by which browsers and resolvers read the whole host as an IPv4 address (WHATWG, "ends in a number")."""


class ForbiddenAddress(Problem):
    """A URL that we do not connect to."""

    code = "ForbiddenAddress"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Use the https URL of a public website"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A checked URL: the host in ASCII and lower case, and what to request there."""

    host: str
    target: str
    """Path and query."""

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.target}"


def check_url(url: str) -> WebAddress:
    """Check a URL without a look-up, and return its parts.

    Raises ForbiddenAddress unless it is an https URL with a public domain name, port 443 and no user information.
    """
    if len(url) > MAX_URL or not url.isprintable() or re.search(r"[\s\\]", url):
        raise ForbiddenAddress("The URL is too long or has invalid characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ForbiddenAddress("This is not a URL.") from error
    if parts.scheme != "https":
        raise ForbiddenAddress("Only https is allowed.")
    if "@" in parts.netloc:
        raise ForbiddenAddress("The URL must not contain a user name.")
    if "[" in parts.netloc or "]" in parts.netloc:  # an IP address; urlsplit also takes a name for one
        raise ForbiddenAddress("The host is not a domain name.")
    if port not in (None, PORT) or parts.netloc.endswith(":"):
        raise ForbiddenAddress(f"Only port {PORT} is allowed.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebAddress(_checked_host(parts.hostname or ""), _escaped(target))


def _checked_host(host: str) -> str:
    """Return the host in ASCII. Raises ForbiddenAddress unless it is a public domain name."""
    try:
        ascii_host = host.encode("idna").decode().lower()
    except UnicodeError as error:
        raise ForbiddenAddress("The host is not a domain name.") from error
    labels = ascii_host.split(".")
    if len(ascii_host) > MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise ForbiddenAddress("The host is not a domain name.")
    if len(labels) < 2 or _NUMBER.fullmatch(labels[-1]) or labels[-1] in _RESERVED_NAMES:
        raise ForbiddenAddress("The host is not the name of a public website.")
    return ascii_host


def _escaped(target: str) -> str:
    """Return a path and query in ASCII, with other characters percent-encoded."""
    return "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode()) for char in target)


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public Internet."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _RESERVED_IPV4)
    return parsed in _GLOBAL_IPV6 and not any(parsed in network for network in _RESERVED_IPV6)


def resolve_public(host: str) -> tuple[str, ...]:
    """Return the IP addresses of a host; connect to these, for another look-up may answer otherwise.

    Raises ForbiddenAddress if one of them is not public, OSError if the host has none.
    """
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses:
        raise OSError(f"{host} has no address")
    if not all(map(is_public, addresses)):
        raise ForbiddenAddress("The host is not at a public address.")
    return addresses
