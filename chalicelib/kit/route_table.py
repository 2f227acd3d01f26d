"""Find the route of a request's path. API Gateway has one greedy path for all routes of a context (ADR 22).

A route that requires sign-in shares the greedy path of its first two parts: `/v1/studio/{proxy+}`. Every other route
has a gateway path of its own, so that it can be throttled. So has a route that another function serves than the rest of
its context: only `/v1/store/{proxy+}` is all of the function `store` (ADR 33).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

GREEDY = "{proxy+}"
PREFIX_PARTS = 2
API_FUNCTION = "api"
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
    if serving_function(methods) not in (API_FUNCTION, parts[1]):
        return route
    return "/".join(["", *parts[:PREFIX_PARTS], GREEDY])


def allowed_methods(methods: Methods) -> list[str]:
    """Return the methods that a route answers, sorted: its own, and HEAD if it has GET."""
    return sorted({*methods, *(["HEAD"] if "GET" in methods else [])})


def serving_function(methods: Methods) -> str:
    """Return the function that serves a route. Raises ValueError if its methods differ: they share a gateway path."""
    functions = {_contract_value(entry, "function") or API_FUNCTION for entry in methods.values()}
    if len(functions) > 1:
        raise ValueError(f"one function serves all methods of a route, not {' and '.join(sorted(functions))}")
    return functions.pop()


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
    scheme = getattr(_contract_value(entry, "auth"), "scheme", None)
    return scheme[1] if scheme else None


def _contract_value(entry: Any, field: str) -> Any:
    """Return a field of the contract that `@endpoint` gave a route, or None if it has none."""
    return getattr(getattr(entry.view_function, "contract", None), field, None)


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
