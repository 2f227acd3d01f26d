"""One call's view of the stand-in's objects (in the shape of API 2025-03-31 and later), and the events it causes."""

import secrets
import string
from copy import deepcopy
from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError, missing_object

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """An id as Stripe makes them: `sub_1Qx…`."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"


class Store:
    """Reads and changes `data`; the caller holds its lock. `now` is in whole seconds."""

    def __init__(
        self, data: Json, now: int, base_url: str, request_id: str | None = None, idempotency_key: str | None = None
    ) -> None:
        self.now, self.base_url = now, base_url
        self.emitted: list[Json] = []
        self._data = data
        self._request = {"id": request_id, "idempotency_key": idempotency_key}

    def scratch(self) -> "Store":
        """A copy to try things on: nothing of it is kept or sent."""
        return Store(deepcopy(self._data), self.now, self.base_url)

    def find(self, id_: str) -> Json | None:
        """The object, or None."""
        found: Json | None = self._data["objects"].get(id_)
        return found

    def get(self, kind: str, id_: str, param: str = "id") -> Json:
        """The object of that kind. Raises `ApiError` (404) when there is none."""
        found = self.find(id_)
        if found is None or found["object"] != kind:
            raise missing_object(kind, id_, param)
        return found

    def all(self, kind: str) -> list[Json]:
        """Every object of a kind, newest first."""
        return [row for row in reversed(self._data["objects"].values()) if row["object"] == kind]

    def put(self, row: Json) -> Json:
        """Keeps a new object. Raises `ApiError` when its id is taken."""
        if row["id"] in self._data["objects"]:
            raise ApiError(f"{row['object'].capitalize()} already exists.", code="resource_already_exists")
        self._data["objects"][row["id"]] = row
        return row

    def emit(self, kind: str, row: Json, previous: Json | None = None) -> None:
        """An event with the object as it is now; `previous` holds the changed attributes' old values."""
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
        """An event. Raises `ApiError` (404)."""
        found: Json | None = self._data["events"].get(id_)
        if found is None:
            raise missing_object("event", id_)
        return found

    def events(self) -> list[Json]:
        """Every event, newest first."""
        return list(reversed(self._data["events"].values()))

    def next_number(self) -> int:
        """Counts invoices."""
        self._data["sequence"] += 1
        number: int = self._data["sequence"]
        return number


def list_of(rows: list[Any], url: str, params: Json | None = None) -> Json:
    """One page as every list call answers; rows newest first (https://docs.stripe.com/api/pagination)."""
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
    """A list inside an object."""
    return {"object": "list", "data": rows, "has_more": False, "total_count": len(rows), "url": url}


def change_metadata(row: Json, given: Any) -> None:
    """Merges; an empty value removes its key, an empty string all of them (https://docs.stripe.com/api/metadata)."""
    if given == "":
        row["metadata"] = {}
    elif given:
        merged = {**row["metadata"], **given}
        row["metadata"] = {name: value for name, value in merged.items() if value != ""}


def _position(ids: list[str], id_: str, param: str) -> int:
    if id_ not in ids:
        raise missing_object("object", id_, param)
    return ids.index(id_)
