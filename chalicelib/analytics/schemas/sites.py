"""Schemas of the operator's routes about sites. The rules hold for `register_site`, too."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.analytics.domain.event_moments import UnknownTimeZone, local_day
from chalicelib.analytics.domain.trust import SANDBOXED_ORIGIN
from chalicelib.analytics.enums import SiteKind
from chalicelib.kit import clock
from chalicelib.kit.schemas import UNCHANGED, Input, PageQuery, Schema, Timestamp

_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:\d{1,5})?|[a-z][a-z0-9.+-]{1,20}://[a-z0-9.-]{1,253}")
"""Scheme, host and a port that is not the scheme's own, as browsers send them (RFC 6454, 6.2)."""


def _known_time_zone(name: str) -> str:
    try:
        local_day(clock.now(), name)
    except UnknownTimeZone:
        raise ValueError("must be an IANA time zone, such as Europe/Berlin") from None
    return name


def _origin(text: str) -> str:
    if text != SANDBOXED_ORIGIN and (not _ORIGIN.fullmatch(text) or re.search(r"^http:.*:80$|^https:.*:443$", text)):
        raise ValueError("must be `null` or an origin, such as https://shop.example")
    return text


Tenant = Annotated[
    str,
    StringConstraints(
        pattern=r"^(shop:[a-z0-9.-]{1,100}:[a-z][a-z0-9_-]{0,30}|store:[A-Za-z0-9_-]{1,100}|together|platform)$"
    ),
    Field(
        description="`shop:<domain>:<app>`, `store:<id>`, `together` or `platform`.",
        examples=["shop:example.myshopify.com:discounts"],
    ),
]
TimeZone = Annotated[
    str, StringConstraints(max_length=64), AfterValidator(_known_time_zone), Field(examples=["Europe/Berlin"])
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Origins = Annotated[
    list[Annotated[str, AfterValidator(_origin)]],
    Field(
        max_length=20,
        description="From which pages browsers may send, exact. `null`: sandboxed pages, or no Origin.",
        examples=[["https://shop.example"]],
    ),
]
Counted = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.:-]{0,63}$")],
        Annotated[str, StringConstraints(min_length=1, max_length=64)],
    ],
    Field(
        max_length=10,
        description="By event name: the property of `data` by whose values the event is counted.",
        examples=[{"style_chosen": "style"}],
    ),
]
Readers = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^(store|owner):\S{1,100}$")]],
    Field(
        max_length=20,
        description="The subjects that may read the site: `store:<id>`, `owner:<id>`.",
        examples=[["owner:7"]],
    ),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SiteSettings(Input):
    """What the context above decides about a site."""

    name: Name
    time_zone: TimeZone = "UTC"
    currency: Currency = "USD"
    origins: Origins = Field(default_factory=list)
    counted: Counted = Field(default_factory=dict)
    readers: Readers = Field(default_factory=list)


class SiteCreate(SiteSettings):
    tenant: Tenant


class SiteUpdate(Input):
    name: Name = UNCHANGED
    time_zone: TimeZone = UNCHANGED
    currency: Currency = UNCHANGED
    origins: Origins = UNCHANGED
    counted: Counted = UNCHANGED
    readers: Readers = UNCHANGED
    max_events_per_day: Annotated[int, Field(ge=1, le=100_000_000)] = UNCHANGED
    is_active: bool = UNCHANGED


class SiteQuery(PageQuery):
    kind: SiteKind = SiteKind.STORE


class SiteRead(Schema):
    tenant: str
    kind: SiteKind
    name: str
    key: str = Field(description="Public: pages send it with their events.")
    previous_key: str | None
    previous_until: Timestamp | None = Field(description="When `previous_key` stops working.")
    time_zone: str
    currency: str
    origins: list[str]
    counted: dict[str, str] | None
    readers: list[str] | None
    max_events_per_day: int
    is_active: bool
    version: int
    created_at: Timestamp
    updated_at: Timestamp


class SiteSummary(Schema):
    """What the readers of a site may know about it."""

    tenant: str
    name: str
    key: str = Field(description="Public: pages send it with their events.")
    time_zone: str
    currency: str
    is_active: bool


class SiteKeysRead(SiteRead):
    secret: str | None = Field(description="For servers. Shown once: null if an Idempotency-Key replays the response.")
