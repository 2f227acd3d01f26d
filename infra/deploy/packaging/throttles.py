"""Throttles of the API: a default for the stage, and one for each route without sign-in, which anybody can call.

API Gateway answers a request above them with 429 (`gateway.RESPONSES`) before the function runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.kit.route_table import requires_sign_in, security_scheme


@dataclass(frozen=True, slots=True)
class Throttle:
    """Requests per second in the long run, and the most at once."""

    rate: int
    burst: int


STAGE = Throttle(rate=500, burst=500)
"""Each method without a throttle of its own. The API's 100 reserved executions serve 500 requests per second at 200 ms."""
SIGNED = Throttle(rate=100, burst=200)
"""A route that verifies a vendor's signature. Vendors send bursts, and repeat what was answered with 429."""
OPEN = Throttle(rate=20, burst=40)
"""A route that verifies nothing: pages, health, and the start of a sign-in, which writes a row."""


def method_settings(routes: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the `MethodSettings` of the stage for the app's routes: Chalice's entries by path and method."""
    own = [
        _setting(_encoded(path), name, SIGNED if security_scheme(entry) else OPEN)
        for path, methods in sorted(routes.items())
        for method, entry in sorted(methods.items())
        if not requires_sign_in(entry)
        for name in (("GET", "HEAD") if method == "GET" else (method,))
    ]
    return [_setting("/*", "*", STAGE), *own]


def _setting(path: str, method: str, throttle: Throttle) -> dict[str, Any]:
    limits = {"ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst}
    return {"ResourcePath": path, "HttpMethod": method, **limits}


def _encoded(path: str) -> str:
    """Return a path as method settings name it: `/`, then the rest with each slash as `~1` (AWS::ApiGateway::Stage)."""
    return "/" if path == "/" else "/" + path.replace("/", "~1")
