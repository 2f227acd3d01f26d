"""A Chalice app with a table of contents: what answers a path is imported when the first request for it arrives.

One Lambda serves every path, and each start of it begins with one request: importing what answers all the others was
more than a quarter of a cold start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from chalice.app import Chalice


def _whole(name: str) -> Any:
    """An attribute of Chalice's that is complete for whoever looks at the app: its commands, server and test client."""

    def read(app: Contents) -> Any:
        if app._closed and not app._at_work:
            app.open_all()
        return vars(app)[name]

    def write(app: Contents, value: Any) -> None:
        vars(app)[name] = value

    return property(read, write)


class Contents(Chalice):
    """Chalice that registers blueprints as they are needed, one request at a time until all are.

    `chapters`: by module, which names its blueprint `bp`, the paths (each with all below it, but what another lists)
    that it answers; a module with none, as those of queues and schedules are, belongs to the whole only.
    """

    routes = _whole("routes")
    event_sources = _whole("event_sources")
    handler_map = _whole("handler_map")

    def __init__(self, app_name: str, chapters: Mapping[str, tuple[str, ...]]) -> None:
        self._closed = dict(chapters)
        self._at_work = False
        super().__init__(app_name)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a request, from its own chapter; from the whole, if none lists its path."""
        if not self._closed:
            return super().__call__(event, context)
        with self._working():
            path = event["requestContext"]["resourcePath"]
            if path not in self.routes:
                self._open_for(path)
            return super().__call__(event, context)

    def open_all(self) -> None:
        """Register what is not registered yet."""
        with self._working():
            for module in list(self._closed):
                self._open(module)

    def _open_for(self, path: str) -> None:
        listed = {prefix: module for module, paths in self._closed.items() for prefix in paths}
        nearest = max((prefix for prefix in listed if f"{path}/".startswith(f"{prefix}/")), key=len, default=None)
        if nearest:
            self._open(listed[nearest])
        if path not in self.routes:
            self.open_all()

    def _open(self, module: str) -> None:
        self.register_blueprint(import_module(module).bp)
        del self._closed[module]

    @contextmanager
    def _working(self) -> Iterator[None]:
        before, self._at_work = self._at_work, True
        try:
            yield
        finally:
            self._at_work = before


def whole(app: Chalice) -> Chalice:
    """The app with every blueprint registered, for a view that tells of all: it runs while its own chapter may do."""
    if isinstance(app, Contents):
        app.open_all()
    return app
