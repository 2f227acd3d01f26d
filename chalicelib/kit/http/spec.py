"""What an endpoint declares, and the parsed request that it receives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Generic, Literal

from pydantic import BaseModel
from typing_extensions import TypeVar

from chalicelib.kit.auth import Credentials
from chalicelib.kit.errors import Problem
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest

P = TypeVar("P", default=None)
B = TypeVar("B", default=None)
Q = TypeVar("Q", default=None)

MAX_BODY = 1_000_000
"""Bytes of a request body. Files go to S3 by presigned POST."""
MAX_WEBHOOK_BODY = 4_000_000
"""Bytes of a webhook's body; its event, JSON-escaped, must fit the 6 MB of a Lambda invocation."""


@dataclass(frozen=True, slots=True)
class ApiRequest(Generic[P, B, Q]):
    """A verified, parsed request: all that a route needs."""

    principal: P
    body: B
    query: Q
    credentials: Credentials
    page: PageRequest
    if_match: str | None
    idempotency: Idempotency | None


@dataclass(frozen=True, slots=True)
class CompletedCall:
    """An answered call of a verified caller: its route, e.g. `/v1/studio/styles/{style_id}`, status and problem's code."""

    route: str
    method: str
    status: int
    error_code: str | None
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Deprecation:
    """When an operation was deprecated, and when it will be removed. `successor` is the path that replaces it.

    docs/api.md has the rule: a year between the two, and at least the next release.
    """

    since: datetime
    sunset: datetime
    successor: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the response headers (RFC 9745; RFC 8594; `Link` with the relation of RFC 5829)."""
        link = {"Link": f'<{self.successor}>; rel="successor-version"'} if self.successor else {}
        sunset = format_datetime(self.sunset.astimezone(UTC), usegmt=True)
        return {"Deprecation": f"@{int(self.since.timestamp())}", "Sunset": sunset, **link}


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """What an endpoint takes and returns; the OpenAPI document is built from it."""

    auth: Callable[[Credentials], Any] | None = None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    returns: type[BaseModel] | None = None
    status: int = 200
    max_body: int = MAX_BODY
    idempotent: Literal["joined", "claimed"] | None = None
    """How `Idempotency-Key` works: joined to the use case's transaction, or claimed before it and completed after (ADR 2)."""
    etag: Callable[[Any], str] | None = None
    if_match: Literal["required", "optional"] = "required"
    """Whether a change must name the version that it changes; only with `etag`."""
    any_origin: bool = False
    """Let the pages of every origin read the response, errors too (CORS). Such a request carries no cookies."""
    function: Literal["api", "store"] = "api"
    """The Lambda function that serves the endpoint: `store` has the layer of SQL drivers (ADR 33)."""
    media_type: str = "application/json"
    record: Callable[[Any, CompletedCall], None] | None = None
    """Called with the principal and the call before each response to a verified caller, problems too. Must not raise."""
    errors: tuple[type[Problem], ...] = field(default=())
    """Problems that the sources do not show, for the document: those of the catalogue are derived (ADR 47)."""
    deprecated: Deprecation | None = None
    summary: str = ""
    description: str = ""
