"""The address check: what a URL shows, and what its host resolves to."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.addresses import ForbiddenAddress, check_url, is_public, resolve_public

FORBIDDEN_URLS = [
    "http://shop.com/",
    "ftp://shop.com/",
    "file:///etc/passwd",
    "gopher://shop.com/",
    "javascript:alert(1)",
    "//shop.com/",
    "shop.com",
    "",
    "https://",
    "https:///path",
    "https://shop.com:80/",
    "https://shop.com:8443/",
    "https://shop.com:0/",
    "https://shop.com:/",
    "https://shop.com:99999/",
    "https://shop.com:443@127.0.0.1/",
    "https://user@shop.com/",
    "https://user:password@shop.com/",
    "https://@shop.com/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/",
    "https://93.184.216.34/",
    "https://1.2.3.0x4/",
    "https://shop.0x/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://[v1.evil.com]/",
    "https://[shop.com]/",
    "https://[shop.com]:443/",
    "https://shop[.com]/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://a.localhost/",
    "https://intranet/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://router.lan/",
    "https://hidden.onion/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://shop.com./",
    "https://shop..com/",
    "https://.shop.com/",
    "https://-shop.com/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://shop%2ecom/",
    "https://127.0.0.1%2f.shop.com/",
    "https://shop.com\\@127.0.0.1/",
    "https://shop.com\t.evil.com/",
    "https://shop.com/\r\nHost: internal",
    "https://shop.com/\x00",
    " https://shop.com/",
    "https://shop com/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 130 + "com/",
    "https://shop.com/" + "a" * 2048,
]

FORBIDDEN_ADDRESSES = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "localhost",
    "",
]


def test_forms_that_urls_of_attackers_take_are_refused() -> None:
    assert len(FORBIDDEN_URLS) + len(FORBIDDEN_ADDRESSES) > 40
    for url in FORBIDDEN_URLS:
        with pytest.raises(ForbiddenAddress):
            raise AssertionError(f"{url!r} passed as {check_url(url)}")


def test_addresses_beyond_the_public_internet_are_refused() -> None:
    assert [address for address in FORBIDDEN_ADDRESSES if is_public(address)] == []


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "192.0.1.1", "2606:4700::1111", "2a00:1450:4001::200e"]
)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://Shop.com", "https://shop.com/"),
        ("https://shop.com:443/a?b=c#d", "https://shop.com/a?b=c"),
        ("https://shop.com?b=c", "https://shop.com/?b=c"),
        ("https://müller.de/größe?q=ä", "https://xn--mller-kva.de/gr%C3%B6%C3%9Fe?q=%C3%A4"),
        ("https://xn--mller-kva.de/", "https://xn--mller-kva.de/"),
        ("https://a_b.shop.co.uk/x%20y", "https://a_b.shop.co.uk/x%20y"),
        ("HTTPS://4.shop.com/", "https://4.shop.com/"),
    ],
)
def test_urls_of_public_websites_pass(url: str, checked: str) -> None:
    assert check_url(url).url == checked


@given(st.text(max_size=40))
def test_a_checked_url_has_a_plain_host_and_no_line_break(text: str) -> None:
    for url in (text, f"https://{text}", f"https://shop.com/{text}"):
        try:
            found = check_url(url)
        except ForbiddenAddress:
            continue
        assert found.host.isascii()
        assert found.target.isascii()
        assert found.target.isprintable()
        assert " " not in found.target
        assert check_url(found.url) == found


def _answer(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """Let every name resolve to these addresses."""
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: entries)


def test_a_host_is_resolved_to_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, "93.184.216.34", "2606:4700::1111", "93.184.216.34")
    assert resolve_public("shop.com") == ("93.184.216.34", "2606:4700::1111")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "fe80::1%eth0"])
def test_a_host_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    _answer(monkeypatch, "93.184.216.34", address)
    with pytest.raises(ForbiddenAddress):
        resolve_public("shop.com")


def test_a_host_without_an_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch)
    with pytest.raises(OSError, match="no address"):
        resolve_public("shop.com")
