"""A Chalice app that imports a blueprint when the first request for one of its paths arrives.

One Lambda serves every path. Importing all blueprints takes more than a quarter of a cold start, and a cold start has one
request to answer (ADR 13). Only Lambda loads lazily: Chalice's commands, the packager, the local server and the tests
see every route at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from chalice.app import Chalice, Response, SQSEventConfig

from chalicelib.kit import config, ids
from chalicelib.kit.errors import MethodNotAllowed, NotFound, Problem
from chalicelib.kit.http import cors, rendering
from chalicelib.kit.route_table import GREEDY, RouteMatch, allowed_methods, find_route, gateway_path, requested_path

Paths = tuple[str, ...]
NO_ROUTE = "No route is served at this path."


class LazyChalice(Chalice):
    """Chalice that registers blueprints on demand in Lambda, and all of them at once elsewhere.

    `contents`: one mapping per context, from a module with a blueprint `bp` to the path prefixes that it answers. The
    longest matching prefix decides; a part of it in braces matches any part. A module without paths (queue consumers and
    schedules) answers no request.
    """

    def __init__(self, app_name: str, *contents: Mapping[str, Paths]) -> None:
        super().__init__(app_name)
        self._contents = {module: paths for each in contents for module, paths in each.items()}
        self._pending = dict(self._contents)
        if not config.is_lambda():
            self.load_all()

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a request, with the headers of CORS if its page has one of the allowed origins.

        HEAD is answered like GET, without the body (RFC 9110, 9.3.2).
        """
        response = self._answer(event, context)
        if event["requestContext"]["httpMethod"] == "HEAD":
            response |= {"body": "", "isBase64Encoded": False}
        response["headers"] = (response.get("headers") or {}) | cors.response_headers(event, response)
        return response

    def _answer(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a request. Import the blueprint of its path first, or every blueprint if no prefix matches.

        A path without a route is answered with 404, a method that the route does not support with 405 and `Allow`, but
        a preflight of an allowed origin with 204.
        """
        request = event["requestContext"]
        try:
            match = self._match(request["resourcePath"], event.get("pathParameters") or {})
            methods = allowed_methods(self.routes[match.route])
            if request["httpMethod"] not in methods:
                if cors.is_preflight(event):
                    return dict(Response("", cors.preflight_headers(methods), 204).to_dict())
                raise MethodNotAllowed(headers={"Allow": ", ".join(methods)})
        except Problem as problem:
            request_id = request.get("requestId") or ids.new()
            response = rendering.with_common_headers(rendering.render_problem(problem, request_id), request_id)
            return dict(response.to_dict(self.api.binary_types))
        method = "GET" if request["httpMethod"] == "HEAD" else request["httpMethod"]
        served = {**request, "resourcePath": match.route, "httpMethod": method}
        resolved = {"requestContext": served, "pathParameters": match.parameters}
        return dict(super().__call__({**event, **resolved}, context))

    def load_all(self) -> None:
        """Register every blueprint that is not registered yet."""
        for module in list(self._pending):
            self._load(module)

    def _match(self, resource: str, parameters: Mapping[str, str]) -> RouteMatch:
        """Return the route of a request. Raises NotFound if the app does not serve the path.

        A route with a gateway path of its own is not served by a greedy path, where its throttle does not apply.
        """
        if GREEDY not in resource:
            return self._load_until(resource, lambda: self._own(resource, parameters))
        path = requested_path(resource, parameters)
        match = self._load_until(path, lambda: find_route(self.routes, path))
        if gateway_path(match.route, self.routes[match.route]) != resource:
            raise NotFound(NO_ROUTE)
        return match

    def _own(self, route: str, parameters: Mapping[str, str]) -> RouteMatch | None:
        return RouteMatch(route, dict(parameters)) if route in self.routes else None

    def _load_until(self, path: str, find: Callable[[], RouteMatch | None]) -> RouteMatch:
        """Load the blueprint that lists the path, or else every blueprint, and return what `find` returns then.

        Raises NotFound if it returns None with every blueprint.
        """
        module = nearest_module(self._contents, path) if self._pending else None
        if module in self._pending:
            self._load(module)
        match = find()
        if match is None:
            self.load_all()
            match = find()
        if match is None:
            raise NotFound(NO_ROUTE)
        return match

    def _load(self, module: str) -> None:
        self.register_blueprint(import_module(module).bp)
        del self._pending[module]


def nearest_module(contents: Mapping[str, Paths], path: str) -> str | None:
    """Return the module whose longest prefix covers `path`, or None. A prefix may have parameters (`{tenant}`)."""
    modules = {prefix: module for module, paths in contents.items() for prefix in paths}
    segments = path.split("/")
    covering = (prefix for prefix in modules if _covers(prefix.split("/"), segments))
    prefix = max(covering, key=lambda prefix: (prefix.count("/"), len(prefix)), default=None)
    return modules[prefix] if prefix else None


def _covers(prefix: list[str], path: list[str]) -> bool:
    return len(prefix) <= len(path) and all(
        part == own or (own.startswith("{") and part) for own, part in zip(prefix, path, strict=False)
    )


def load_all(app: Chalice) -> Chalice:
    """Return the app with every blueprint registered, for views that describe all of it."""
    if isinstance(app, LazyChalice):
        app.load_all()
    return app


def queue_names(app: Chalice) -> list[str]:
    """Return the logical names of the queues that the registered handlers consume, sorted."""
    return sorted(source.name for source in app.event_sources if isinstance(source, SQSEventConfig))
