"""Find the route of a request's path. API Gateway has one greedy path for all routes of a context (ADR 22).

A route that requires sign-in shares the greedy path of its first two parts: `/v1/studio/{proxy+}`. Every other route
has a gateway path of its own, so that it can be throttled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

GREEDY = "{proxy+}"
PREFIX_PARTS = 2
Methods = Mapping[str, Any]
"""By HTTP method: Chalice's entry of a route."""


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """A route of the app, and the values of its path parameters as the client encoded them."""

    route: str
    parameters: dict[str, str]


def gateway_path(route: str, methods: Methods) -> str:
    """Return the API Gateway path that serves a route: a greedy path if all its methods require sign-in, or its own."""
    parts = _parts(route)
    if len(parts) <= PREFIX_PARTS or not all(requires_sign_in(entry) for entry in methods.values()):
        return route
    return "/".join(["", *parts[:PREFIX_PARTS], GREEDY])


def requested_path(resource: str, parameters: Mapping[str, str]) -> str:
    """Return the path of a request that the gateway received on the greedy path `resource`.

    The gateway does not decode it, so an encoded slash stays inside its part. Without the trailing slash, which the
    gateway ignores on other paths.
    """
    return resource.replace(GREEDY, parameters["proxy"].removesuffix("/"))


def requires_sign_in(entry: Any) -> bool:
    """Return whether a route verifies the token of a signed-in caller. A vendor's signature is no sign-in."""
    scheme = security_scheme(entry)
    return bool(scheme and scheme["type"] == "http")


def security_scheme(entry: Any) -> dict[str, str] | None:
    """Return the OpenAPI security scheme that a route declares, or None if it verifies nothing."""
    contract = getattr(entry.view_function, "contract", None)
    scheme = getattr(getattr(contract, "auth", None), "scheme", None)
    return scheme[1] if scheme else None


def find_route(routes: Mapping[str, Methods], path: str) -> RouteMatch | None:
    """Return the most specific route that matches the whole path, or None. An empty part matches nothing.

    From left to right, a literal part precedes a parameter, as in API Gateway.
    """
    parts = _parts(path)
    if not all(parts):
        return None
    matching = [route for route in routes if _matches(_patterns(route), parts)]
    if not matching:
        return None
    route = min(matching, key=lambda each: [_is_parameter(part) for part in _patterns(each)])
    pairs = zip(_patterns(route), parts, strict=True)
    return RouteMatch(route, {pattern[1:-1]: part for pattern, part in pairs if _is_parameter(pattern)})


def _parts(path: str) -> list[str]:
    return path.split("/")[1:]


@cache
def _patterns(route: str) -> tuple[str, ...]:
    return tuple(_parts(route))


def _matches(patterns: tuple[str, ...], parts: list[str]) -> bool:
    if len(patterns) != len(parts):
        return False
    return all(_is_parameter(pattern) or pattern == part for pattern, part in zip(patterns, parts, strict=True))


def _is_parameter(part: str) -> bool:
    return part.startswith("{")
