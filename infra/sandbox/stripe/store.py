"""The sandbox's objects and events, as one call reads and changes them.

Objects have the shape of API version 2025-03-31 and later.
"""

import secrets
import string
from copy import deepcopy
from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError, missing_object

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """Generate an id in Stripe's format, for example `sub_1Qx…`."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"


class Store:
    """The objects and events in `data`; the caller holds its lock. `now` is in whole Unix seconds."""

    def __init__(
        self, data: Json, now: int, base_url: str, request_id: str | None = None, idempotency_key: str | None = None
    ) -> None:
        self.now, self.base_url = now, base_url
        self.emitted: list[Json] = []
        self._data = data
        self._request = {"id": request_id, "idempotency_key": idempotency_key}

    def scratch(self) -> "Store":
        """Return a copy for trial changes, which are neither stored nor published."""
        return Store(deepcopy(self._data), self.now, self.base_url)

    def find(self, id_: str) -> Json | None:
        """Return the object, or None."""
        found: Json | None = self._data["objects"].get(id_)
        return found

    def get(self, kind: str, id_: str, param: str = "id") -> Json:
        """Return the object. Raises `ApiError` (404) if no object of this kind has the id."""
        found = self.find(id_)
        if found is None or found["object"] != kind:
            raise missing_object(kind, id_, param)
        return found

    def all(self, kind: str) -> list[Json]:
        """Return all objects of a kind, newest first."""
        return [row for row in reversed(self._data["objects"].values()) if row["object"] == kind]

    def filtered(self, kind: str, params: Json, *names: str) -> list[Json]:
        """Return the objects of a kind whose fields `names` equal the parameters of these names, newest first."""
        return [row for row in self.all(kind) if all(params.get(name, row[name]) == row[name] for name in names)]

    def put(self, row: Json) -> Json:
        """Store a new object and return it. Raises `ApiError` if its id exists."""
        if row["id"] in self._data["objects"]:
            raise ApiError(f"{row['object'].capitalize()} already exists.", code="resource_already_exists")
        self._data["objects"][row["id"]] = row
        return row

    def emit(self, kind: str, row: Json, previous: Json | None = None) -> None:
        """Emit an event with a copy of the object; `previous` holds the old values of changed attributes."""
        content: Json = {"object": deepcopy(row)}
        if previous is not None:
            content["previous_attributes"] = previous
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self._data["api_version"],
            "created": self.now,
            "data": content,
            "livemode": False,
            "pending_webhooks": 1,
            "request": dict(self._request),
            "type": kind,
        }
        self._data["events"][event["id"]] = event
        self.emitted.append(event)

    def event(self, id_: str) -> Json:
        """Return an event. Raises `ApiError` (404) if it does not exist."""
        found: Json | None = self._data["events"].get(id_)
        if found is None:
            raise missing_object("event", id_)
        return found

    def events(self) -> list[Json]:
        """Return all events, newest first."""
        return list(reversed(self._data["events"].values()))

    def next_number(self) -> int:
        """Return the next invoice number."""
        self._data["sequence"] += 1
        number: int = self._data["sequence"]
        return number


def list_of(rows: list[Any], url: str, params: Json | None = None) -> Json:
    """Return one page of a list call (https://docs.stripe.com/api/pagination); `rows` are newest first.

    Raises `ApiError` if the limit is not between 1 and 100, or (404) if a cursor's object is not in the list.
    """
    asked = params or {}
    limit = asked.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiError("This value must be between 1 and 100.", param="limit")
    ids = [row["id"] for row in rows]
    start, end = 0, len(rows)
    if "starting_after" in asked:
        start = _position(ids, asked["starting_after"], "starting_after") + 1
    if "ending_before" in asked:
        end = _position(ids, asked["ending_before"], "ending_before")
        start = max(start, end - limit)
    page = rows[start : min(end, start + limit)]
    more = start > 0 if "ending_before" in asked else start + limit < end
    return {"object": "list", "data": page, "has_more": more, "url": url}


def whole_list(rows: list[Json], url: str) -> Json:
    """Build a list object inside another object."""
    return {"object": "list", "data": rows, "has_more": False, "total_count": len(rows), "url": url}


def change_metadata(row: Json, given: Any) -> None:
    """Merge metadata into the object (https://docs.stripe.com/api/metadata).

    An empty value removes its key; an empty string in place of the mapping removes all keys.
    """
    if given == "":
        row["metadata"] = {}
    elif given:
        merged = {**row["metadata"], **given}
        row["metadata"] = {name: value for name, value in merged.items() if value != ""}


def _position(ids: list[str], id_: str, param: str) -> int:
    if id_ not in ids:
        raise missing_object("object", id_, param)
    return ids.index(id_)
