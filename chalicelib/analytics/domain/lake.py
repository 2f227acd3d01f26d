"""The lake's layout: the columns of an event, and the keys of a tenant's objects in the archive bucket.

A tenant's day is one object, `day.parquet`, united with the parts that arrived since the last computation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote

from chalicelib.integrations.parquet import Kind

EVENTS = "lake/analytics/events/"
"""Prefix of the events, by tenant and day."""
FIRSTS = "lake/analytics/firsts/"
"""Prefix of the first days of known users, by tenant."""

EVENT_COLUMNS: Mapping[str, Kind] = {
    "id": Kind.TEXT,
    "type": Kind.TEXT,
    "name": Kind.TEXT,
    "version": Kind.INTEGER,
    "at_ms": Kind.INTEGER,
    "received_ms": Kind.INTEGER,
    "day": Kind.DATE,
    "time_zone": Kind.TEXT,
    "user_id": Kind.TEXT,
    "session_id": Kind.TEXT,
    "visitor": Kind.TEXT,
    "visitor_before": Kind.TEXT,
    "source": Kind.TEXT,
    "path": Kind.TEXT,
    "referrer": Kind.TEXT,
    "utm": Kind.TEXT,
    "device_type": Kind.TEXT,
    "browser": Kind.TEXT,
    "ip_hash": Kind.TEXT,
    "data": Kind.TEXT,
    "value": Kind.DECIMAL,
    "currency": Kind.TEXT,
}
"""The columns of a part and of a day, in order.

`at_ms` is the corrected time and `received_ms` the time of the collection, both in milliseconds since 1970 UTC. `day` is
the local date in `time_zone`. `visitor_before` is the visitor under the salt of the day before, in the 30 minutes after
local midnight only. `utm` and `data` are JSON objects with sorted keys.
"""


def tenant_prefix(tenant: str) -> str:
    """Return the prefix of all days of a tenant."""
    return f"{EVENTS}tenant={tenant_partition(tenant)}/"


def day_prefix(tenant: str, day: date) -> str:
    """Return the prefix of a tenant's day: its object and its parts."""
    return f"{tenant_prefix(tenant)}day={day.isoformat()}/"


def day_key(tenant: str, day: date) -> str:
    """Return the key of the object with the united events of a tenant's day."""
    return f"{day_prefix(tenant, day)}day.parquet"


def part_key(tenant: str, day: date, digest: str) -> str:
    """Return the key of a part; `digest` is the SHA-256 of its content, so that the same part is stored once."""
    return f"{day_prefix(tenant, day)}part-{digest}.parquet"


def firsts_key(tenant: str) -> str:
    """Return the key of the object with the first days of a tenant's known users."""
    return f"{FIRSTS}tenant={tenant_partition(tenant)}/firsts.parquet"


def tenant_partition(tenant: str) -> str:
    """Return the tenant as one part of a path: `shop:a.example:studio` has no slash, but ids of others may have one."""
    return quote(tenant, safe="")
