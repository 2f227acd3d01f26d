"""Guarded requests, against a real TLS server on loopback. Only the last hop is replaced, never a check."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from chalicelib.integrations import web_pages
from chalicelib.integrations.web_pages import Limits, Page, PageUnavailable, Visit, fetch
from chalicelib.kit.addresses import ForbiddenAddress, WebAddress
from tests.integrations.tls_server import PUBLIC, Website, tls_website

HOST = "rival-shop.com"
OTHER = "other-shop.com"


class Names(dict[str, list[str]]):
    """What names resolve to: of several answers, each look-up takes the next, and the last stays."""

    def look_up(self, host: str, *args: object, **options: object) -> list[tuple[object, ...]]:
        answers = self.get(host) or []
        if not answers:
            raise socket.gaierror(f"no such name: {host}")
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    found = Names({HOST: [PUBLIC], OTHER: ["1.1.1.1"]})
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *args, **options: (
            real(host, *args, **options) if host == "127.0.0.1" else found.look_up(str(host))
        ),
    )
    return found


@pytest.fixture
def website(names: Names) -> Iterator[Website]:
    with tls_website(HOST, OTHER) as running:
        yield running


def _fetch(website: Website, path: str = "/", **options: object) -> Page:
    return fetch(f"https://{HOST}{path}", Visit(network=website.network(), **options))  # type: ignore[arg-type]


def test_a_page_is_read_at_the_address_that_was_checked(website: Website) -> None:
    website.page("/p?variant=1", "Größe".encode("latin-1"), "text/html; charset=ISO-8859-1")
    assert _fetch(website, "/p?variant=1#top") == Page(f"https://{HOST}/p?variant=1", "Größe")
    assert website.dialed == [PUBLIC]
    assert website.requests == [(HOST, "/p?variant=1")]


def test_no_proxy_of_the_environment_is_used(website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    website.page("/", b"here")
    assert _fetch(website).text == "here"
    assert website.dialed == [PUBLIC]


def test_the_default_dials_port_443_of_the_address(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    dialed = []

    def refuse(address: tuple[str, int], **options: object) -> socket.socket:
        dialed.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(PageUnavailable, match="ConnectionRefusedError"):
        fetch(f"https://{HOST}/")
    assert dialed == [(PUBLIC, 443)]


def test_a_name_that_resolves_to_a_private_address_is_not_dialed(website: Website, names: Names) -> None:
    names[HOST] = ["169.254.169.254"]
    with pytest.raises(ForbiddenAddress):
        _fetch(website)
    assert (website.dialed, website.requests) == ([], [])


def test_a_name_that_changes_after_the_check_changes_nothing(website: Website, names: Names) -> None:
    """DNS rebinding: the first answer is public, each later one is private."""
    names[HOST] = [PUBLIC, "127.0.0.1"]
    website.page("/", b"public")
    assert _fetch(website).text == "public"
    assert website.dialed == [PUBLIC]
    with pytest.raises(ForbiddenAddress):
        _fetch(website)
    assert website.dialed == [PUBLIC]


def test_each_redirect_is_checked_and_followed(website: Website) -> None:
    website.redirect("/", "/moved", 301)
    website.redirect("/moved", f"https://{OTHER}/last", 307)
    website.page("/last", b"last")
    seen: list[WebAddress] = []
    assert _fetch(website, approve=seen.append) == Page(f"https://{OTHER}/last", "last")
    assert [each.url for each in seen] == [f"https://{HOST}/", f"https://{HOST}/moved", f"https://{OTHER}/last"]
    assert website.dialed == [PUBLIC, PUBLIC, "1.1.1.1"]


@pytest.mark.parametrize(
    "location",
    [
        "http://rival-shop.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://rival-shop.com:8443/",
        "https://user@rival-shop.com/",
        "//169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://inside-shop.com/",
    ],
)
def test_a_redirect_to_elsewhere_than_the_public_internet_ends_there(
    website: Website, names: Names, location: str
) -> None:
    names["inside-shop.com"] = ["10.0.0.7"]
    website.redirect("/", location)
    with pytest.raises(ForbiddenAddress):
        _fetch(website)
    assert website.dialed == [PUBLIC]


def test_three_redirects_are_followed_and_no_fourth(website: Website) -> None:
    for number in range(4):
        website.redirect(f"/{number}", f"/{number + 1}")
    website.page("/4", b"end")
    assert _fetch(website, "/1").text == "end"
    with pytest.raises(PageUnavailable, match="redirects too often"):
        _fetch(website, "/0")


def test_an_unapproved_url_is_not_requested(website: Website) -> None:
    def refuse(address: WebAddress) -> None:
        raise LookupError(address.url)

    with pytest.raises(LookupError, match=HOST):
        _fetch(website, approve=refuse)
    assert website.dialed == []


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/plain", "image/png", "application/octet-stream", "multipart/mixed"]
)
def test_other_media_types_are_refused(website: Website, media_type: str) -> None:
    website.page("/", b"<html>", media_type)
    with pytest.raises(PageUnavailable, match="not text/html"):
        _fetch(website)


def test_a_page_without_a_media_type_is_refused(website: Website) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()

    website.answers["/"] = answer
    with pytest.raises(PageUnavailable, match="not text/html"):
        _fetch(website)
    website.page("/robots.txt", b"User-agent: *", "text/plain")
    assert _fetch(website, "/robots.txt", media_type="text/plain").text == "User-agent: *"


def test_any_media_type_is_read_where_none_is_required(website: Website) -> None:
    website.page("/", b"User-agent: *", "application/octet-stream")
    assert _fetch(website, media_type=None).text == "User-agent: *"

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b"no type")

    website.answers["/"] = answer
    assert _fetch(website, media_type=None).text == "no type"


def test_a_compressed_page_is_refused(website: Website) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.send_header("Content-Encoding", "gzip")
        request.end_headers()

    website.answers["/"] = answer
    with pytest.raises(PageUnavailable, match="compressed"):
        _fetch(website)


@pytest.mark.parametrize("status", [204, 401, 403, 404, 429, 500, 503])
def test_other_statuses_are_named(website: Website, status: int) -> None:
    website.page("/", b"", status=status)
    with pytest.raises(PageUnavailable) as caught:
        _fetch(website)
    assert caught.value.status == status


def _endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.end_headers()
    while True:
        request.wfile.write(b"x" * 65_536)


def test_an_endless_body_ends_at_the_limit(website: Website) -> None:
    website.answers["/"] = _endless
    with pytest.raises(PageUnavailable, match="too large"):
        _fetch(website)


def test_a_body_of_the_limit_is_read(website: Website) -> None:
    website.page("/", b"x" * 2_000_000)
    assert len(_fetch(website).text) == 2_000_000
    website.page("/", b"x" * 2_000_001)
    with pytest.raises(PageUnavailable, match="too large"):
        _fetch(website)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_body_beyond_the_limit_is_cut_after_a_whole_line(website: Website, end: str) -> None:
    website.page("/", f"one{end}two{end}".encode())
    limits = Limits(body_bytes=6 + len(end))
    assert _fetch(website, is_cut=True, limits=limits).text == f"one{end}"
    website.answers["/"] = _endless
    assert _fetch(website, is_cut=True).text == ""


def _drip(request: BaseHTTPRequestHandler, first: bytes) -> None:
    """Send bytes one by one for as long as the client listens, each after the one before arrived."""
    request.wfile.write(first)
    while True:
        request.wfile.write(b"x")
        request.wfile.flush()


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
    ],
    ids=["a promised length", "no length"],
)
def test_a_slow_body_ends_at_the_deadline(website: Website, first: bytes) -> None:
    website.answers["/"] = lambda request: _drip(request, first)
    limits = Limits(seconds=1, body_bytes=10**12)
    with pytest.raises(PageUnavailable, match="takes too long"):
        _fetch(website, limits=limits)


def test_slow_headers_end_at_the_deadline(website: Website) -> None:
    website.answers["/"] = lambda request: _silent(request, b"HTTP/1.1 200 OK\r\nContent-Type: text")
    with pytest.raises(PageUnavailable):
        _fetch(website, limits=Limits(seconds=1))


def test_a_website_that_says_nothing_ends_at_the_deadline(website: Website) -> None:
    website.answers["/"] = lambda request: _silent(request, b"")
    with pytest.raises(PageUnavailable):
        _fetch(website, limits=Limits(seconds=1))


def _silent(request: BaseHTTPRequestHandler, first: bytes) -> None:
    """Send something, then nothing more until the client hangs up."""
    request.wfile.write(first)
    request.wfile.flush()
    request.connection.recv(1)


def test_headers_without_end_are_refused(website: Website) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        while True:
            request.wfile.write(b"X-Filler: " + b"x" * 70_000)

    website.answers["/"] = answer
    with pytest.raises(PageUnavailable, match="LineTooLong"):
        _fetch(website)


def test_a_certificate_of_another_host_is_refused(names: Names) -> None:
    with tls_website(OTHER) as website:
        website.page("/", b"")
        with pytest.raises(PageUnavailable, match="SSLCertVerificationError"):
            _fetch(website)
        assert website.requests == []


def test_an_unknown_authority_is_refused(website: Website) -> None:
    network = web_pages.Network(website.network().dial)
    with pytest.raises(PageUnavailable, match="SSLCertVerificationError"):
        fetch(f"https://{HOST}/", Visit(network=network))


def test_a_name_that_does_not_exist_is_unavailable(website: Website) -> None:
    with pytest.raises(PageUnavailable, match="gaierror"):
        fetch("https://nowhere-shop.com/", Visit(network=website.network()))
