"""Pages of untrusted websites, read over HTTPS at public addresses only.

Each request connects to an address that `kit/addresses.py` has checked, so that a second look-up cannot lead elsewhere
(DNS rebinding); the certificate and SNI are those of the host. No proxy of the environment is used.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urljoin

from chalicelib.kit.addresses import PORT, ForbiddenAddress, WebAddress, check_url, resolve_public

USER_AGENT = "BackroomPrices"
"""The product token by which robots.txt addresses us (RFC 9309, 2.2.1)."""

_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65_536


class PageUnavailable(Exception):
    """The page cannot be read; the text is the reason. `status` is that of the response, if there was one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Page:
    """A page and the URL at which the redirects ended."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for one page: seconds in total with redirects and look-ups, bytes of the body, redirects."""

    seconds: float = 10
    body_bytes: int = 2_000_000
    redirects: int = 3


@cache
def _trusted_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


def _dial(address: str, seconds: float) -> socket.socket:
    return socket.create_connection((address, PORT), timeout=seconds)


@dataclass(frozen=True, slots=True)
class Network:
    """The network access to the Internet; tests replace it by their own servers."""

    dial: Callable[[str, float], socket.socket] = _dial
    """Connects to an IP address, within seconds."""
    authorities: Callable[[], ssl.SSLContext] = _trusted_authorities


@dataclass(frozen=True, slots=True)
class Visit:
    """One page's request: its required media type, a check of each URL, and its limits."""

    media_type: str | None = "text/html"
    """None for any."""
    is_cut: bool = False
    """Whether a body beyond the limit is cut after a whole line, instead of refused."""
    approve: Callable[[WebAddress], None] = lambda _: None
    """Called with each URL, redirects too, before it is requested; raises an error to stop there."""
    limits: Limits = field(default_factory=Limits)
    network: Network = field(default_factory=Network)


class _Deadline:
    """The time at which a visit ends."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises PageUnavailable if none are."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise PageUnavailable("the website takes too long")
        return left


def fetch(url: str, visit: Visit | None = None) -> Page:
    """Return the page at an https URL, after at most the allowed redirects.

    Raises ForbiddenAddress if the URL, or one that it redirects to, is not at a public address, PageUnavailable if there
    is no such page, it has another media type, is too large or takes too long.
    """
    visit = visit or Visit()
    deadline = _Deadline(visit.limits.seconds)
    for _ in range(visit.limits.redirects + 1):
        address = check_url(url)
        visit.approve(address)
        found = _request(address, visit, deadline)
        if isinstance(found, Page):
            return found
        url = found
    raise PageUnavailable("the website redirects too often")


def _request(address: WebAddress, visit: Visit, deadline: _Deadline) -> Page | str:
    """Return the page, or the URL to which it redirects."""
    try:
        connection = _Connection(address.host, visit.network, deadline)
        try:
            connection.request("GET", address.target, headers=_HEADERS | {"Accept": visit.media_type or "*/*"})
            return _read(connection.getresponse(), address, visit)
        finally:
            connection.hang_up()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PageUnavailable(f"the website does not answer: {type(error).__name__}") from error


def _read(response: http.client.HTTPResponse, address: WebAddress, visit: Visit) -> Page | str:
    location = response.headers.get("Location")
    if response.status in _REDIRECTS and location:
        return urljoin(address.url, location)
    if response.status != 200:
        raise PageUnavailable(f"the website answers {response.status}", response.status)
    if not _has_media_type(response, visit.media_type):
        raise PageUnavailable(f"the page is not {visit.media_type}", 200)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise PageUnavailable("the page is compressed", 200)
    body, limit = bytearray(), visit.limits.body_bytes
    while len(body) <= limit and (chunk := response.read1(_CHUNK)):
        body += chunk
    if len(body) > limit:
        if not visit.is_cut:
            raise PageUnavailable("the page is too large", 200)
        del body[max(body.rfind(end, 0, limit) for end in (b"\n", b"\r")) + 1 :]
    return Page(address.url, _decoded(bytes(body), response.headers.get_content_charset()))


def _has_media_type(response: http.client.HTTPResponse, expected: str | None) -> bool:
    """Return whether the response has the media type; one without any counts for None only."""
    if expected is None:
        return True
    return "Content-Type" in response.headers and response.headers.get_content_type() == expected


def _decoded(body: bytes, charset: str | None) -> str:
    try:
        return body.decode(charset or "utf-8", errors="replace")
    except LookupError:  # an unknown charset
        return body.decode("utf-8", errors="replace")


class _Connection(http.client.HTTPConnection):
    """A connection to a checked address of the host, whose every read ends at the deadline."""

    def __init__(self, host: str, network: Network, deadline: _Deadline) -> None:
        super().__init__(host)
        self._network, self._deadline = network, deadline
        self._secure: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the first address of the host that answers."""
        for number, address in enumerate(addresses := _resolve(self.host, self._deadline), start=1):
            try:
                plain = self._network.dial(address, self._deadline.left() / (len(addresses) - number + 1))
                break
            except OSError:
                if number == len(addresses):
                    raise
        plain.settimeout(self._deadline.left())
        try:
            self._secure = self._network.authorities().wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock = _DeadlineSocket(self._secure, self._deadline)

    def hang_up(self) -> None:
        """Close the socket. http.client calls `close` as soon as it has the headers."""
        if self._secure is not None:
            self._secure.close()


class _DeadlineSocket:
    """The socket for http.client. A timeout for each read would let a slow body never end."""

    def __init__(self, secure: socket.socket, deadline: _Deadline) -> None:
        self._secure, self._deadline = secure, deadline

    def sendall(self, data: bytes) -> None:
        self._secure.settimeout(self._deadline.left())
        self._secure.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._secure, self._deadline))

    def close(self) -> None:
        """Keep the socket open: the response still reads its body."""


class _DeadlineReader(io.RawIOBase):
    def __init__(self, secure: socket.socket, deadline: _Deadline) -> None:
        super().__init__()
        self._secure, self._deadline = secure, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._secure.settimeout(self._deadline.left())
        return self._secure.recv_into(buffer)


def _resolve(host: str, deadline: _Deadline) -> tuple[str, ...]:
    """Resolve the host in a thread of its own: a look-up has no timeout."""
    results: list[tuple[str, ...] | OSError | ForbiddenAddress] = []

    def look_up() -> None:
        try:
            results.append(resolve_public(host))
        except (OSError, ForbiddenAddress) as error:
            results.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not results:
        raise PageUnavailable("the website's name cannot be resolved in time")
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]
