"""Networks of addresses."""

from __future__ import annotations

import pytest

from chalicelib.platform.domain.usage_logs import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.77", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:198.51.100.77", "198.51.100.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", None),
        ("198.51.100.77, 10.0.0.1", None),
        ("unknown", None),
    ],
)
def test_an_address_is_shortened_to_its_network(address: str, network: str | None) -> None:
    assert network_of(address) == network
