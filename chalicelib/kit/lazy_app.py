"""A Chalice app that imports a blueprint when the first request for one of its paths arrives.

One Lambda serves every path. Importing all blueprints takes more than a quarter of a cold start, and a cold start has one
request to answer (ADR 13). Only Lambda loads lazily: Chalice's commands, the packager, the local server and the tests
see every route at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from chalice.app import Chalice, SQSEventConfig

from chalicelib.kit import config

Paths = tuple[str, ...]


class LazyChalice(Chalice):
    """Chalice that registers blueprints on demand in Lambda, and all of them at once elsewhere.

    `contents`: one mapping per context, from a module with a blueprint `bp` to the path prefixes that it answers. The
    longest matching prefix decides. A module without paths (queue consumers and schedules) answers no request.
    """

    def __init__(self, app_name: str, *contents: Mapping[str, Paths]) -> None:
        super().__init__(app_name)
        self._pending = {module: paths for each in contents for module, paths in each.items()}
        if not config.is_lambda():
            self.load_all()

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a request; import its blueprint first, or every blueprint if no prefix matches its path."""
        path = event["requestContext"]["resourcePath"]
        if self._pending and path not in self.routes:
            self._load_for(path)
        return super().__call__(event, context)

    def load_all(self) -> None:
        """Register every blueprint that is not registered yet."""
        for module in list(self._pending):
            self._load(module)

    def _load_for(self, path: str) -> None:
        module = nearest_module(self._pending, path)
        if module:
            self._load(module)
        if path not in self.routes:
            self.load_all()

    def _load(self, module: str) -> None:
        self.register_blueprint(import_module(module).bp)
        del self._pending[module]


def nearest_module(contents: Mapping[str, Paths], path: str) -> str | None:
    """Return the module whose longest prefix covers `path`, or None."""
    modules = {prefix: module for module, paths in contents.items() for prefix in paths}
    covering = (prefix for prefix in modules if f"{path}/".startswith(f"{prefix}/"))
    prefix = max(covering, key=len, default=None)
    return modules[prefix] if prefix else None


def load_all(app: Chalice) -> Chalice:
    """Return the app with every blueprint registered, for views that describe all of it."""
    if isinstance(app, LazyChalice):
        app.load_all()
    return app


def queue_names(app: Chalice) -> list[str]:
    """Return the logical names of the queues that the registered handlers consume, sorted."""
    return sorted(source.name for source in app.event_sources if isinstance(source, SQSEventConfig))
