"""A call of a store's data API, as its log keeps it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from ipaddress import IPv4Address, ip_address, ip_network

MAX_USER_AGENT = 256
"""Characters of a user agent that the log keeps."""
_IPV4_PREFIX, _IPV6_PREFIX = 24, 48
"""Bits of an address that the log keeps: they name a network, not a person's device."""

Changes = Mapping[str, Mapping[str, int]]
"""Changed rows: `{table: {created, updated, deleted}}`; zeros may be absent."""


@dataclass(frozen=True, slots=True)
class DataCall:
    """An admitted call of a store's data API.

    `endpoint` is the route and table, e.g. `/v1/store/{table} products`, never a raw path. `error_code` is the code of
    the problem that the caller got. `amount` is the total of a placed order, if it is in the store's currency. `bytes`
    is the size of an uploaded file, negative for a deleted one.
    """

    store_id: str
    endpoint: str
    method: str
    status_code: int
    started_at: datetime
    response_time_ms: int
    changes: Changes = field(default_factory=dict)
    amount: Decimal | None = None
    bytes: int = 0
    error_code: str | None = None
    source_ip: str = field(default="", repr=False)
    user_agent: str = field(default="", repr=False)


def store_day(store_id: str, day: date) -> str:
    """Return the partition of a store's logs of a UTC day: `<store id>/YYYY-MM-DD`."""
    return f"{store_id}/{day.isoformat()}"


def start_of_hour(moment: datetime) -> datetime:
    """Return the start of the hour of a time."""
    return moment.replace(minute=0, second=0, microsecond=0)


def network_of(address: str) -> str | None:
    """Return the /24 (IPv4) or /48 (IPv6) network of an address, e.g. `198.51.100.0/24`; None for another text.

    An IPv4 address in IPv6 form (RFC 4291, 2.5.5.2) is shortened as IPv4.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if not isinstance(parsed, IPv4Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    prefix = _IPV4_PREFIX if isinstance(parsed, IPv4Address) else _IPV6_PREFIX
    return str(ip_network((parsed.packed, prefix), strict=False))
