"""The web pixel of an app in a shop: created, changed and deleted over the Admin API.

Source: https://shopify.dev/docs/api/admin-graphql/latest/mutations/webPixelCreate.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from infra.sandbox.server import Json

Info = GraphQLResolveInfo[Any]
APPS = ("discounts",)
"""The apps that have deployed a web pixel extension."""


class WebPixels:
    """The web pixel of one app in one shop; the caller holds the lock of `data`."""

    def __init__(self, data: Json, app: str, shop: str, require: Callable[[str, str], None]) -> None:
        self._rows: dict[str, Json] = data.setdefault("web_pixels", {})
        self._data, self._app, self._key, self._require = data, app, f"{app}/{shop}", require

    def root(self) -> Json:
        """Return the resolvers of the root fields, by name."""
        return {
            "webPixel": self._read,
            "webPixelCreate": self._create,
            "webPixelUpdate": self._update,
            "webPixelDelete": self._delete,
        }

    def _read(self, _: Info, id: str | None = None) -> Json:  # noqa: A002
        self._require("write_pixels", "webPixel")
        row = self._rows.get(self._key)
        if row is None or id not in (None, row["id"]):
            raise GraphQLError("No web pixel was found for this app.", extensions={"code": "RESOURCE_NOT_FOUND"})
        return row

    def _create(self, _: Info, webPixel: Json) -> Json:  # noqa: N803
        self._require("write_pixels", "webPixelCreate")
        if self._key in self._rows:
            return _refused("webPixel", "TAKEN", None, "Web pixel is taken.")
        self._data["sequence"] += 1
        return self._store({"id": f"gid://shopify/WebPixel/{self._data['sequence']}"}, webPixel)

    def _update(self, _: Info, id: str, webPixel: Json) -> Json:  # noqa: A002, N803
        self._require("write_pixels", "webPixelUpdate")
        row = self._rows.get(self._key)
        if row is None or row["id"] != id:
            return _refused("webPixel", "NOT_FOUND", ["id"], "Web pixel not found.")
        return self._store(row, webPixel)

    def _delete(self, _: Info, id: str) -> Json:  # noqa: A002
        self._require("write_pixels", "webPixelDelete")
        row = self._rows.get(self._key)
        if row is None or row["id"] != id:
            return _refused("deletedWebPixelId", "NOT_FOUND", ["id"], "Web pixel not found.")
        del self._rows[self._key]
        return {"deletedWebPixelId": id, "userErrors": []}

    def _store(self, row: Json, given: Json) -> Json:
        if self._app not in APPS:
            return _refused("webPixel", "NOT_FOUND", None, "The app has no web pixel extension.")
        settings = given["settings"]
        try:
            values = json.loads(settings) if isinstance(settings, str) else settings
        except ValueError:
            return _refused("webPixel", "INVALID_CONFIGURATION_JSON", ["settings"], "Settings must be valid JSON.")
        if not isinstance(values, dict) or not all(isinstance(each, str) and each for each in values.values()):
            return _refused("webPixel", "INVALID_SETTINGS", ["settings"], "Settings must be filled texts.")
        self._rows[self._key] = {"id": row["id"], "settings": json.dumps(values)}
        return {"webPixel": self._rows[self._key], "userErrors": []}


def _refused(name: str, code: str, field: list[str] | None, message: str) -> Json:
    return {name: None, "userErrors": [{"code": code, "field": field, "message": message}]}
