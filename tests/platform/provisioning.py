"""Calls of the provisioning routes as a store's owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.platform.models import Store

Drain = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class OwnerApi:
    """The routes below a store, called with its owner's token."""

    api: httpx.Client
    store: Store
    token: str

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call a route below the store."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.api.request(method, f"/v1/platform/stores/{self.store.id}/{path}", json=body, headers=headers)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """Post to a route below the store."""
        return self.call("POST", path, body)

    def get(self, path: str) -> Any:
        """Return the JSON of a route below the store."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def owner_api(api: httpx.Client, store: Store) -> OwnerApi:
    """Return the routes below a store as its owner calls them."""
    return OwnerApi(api, store, auth.mint(Role.OWNER, store.owner_id))
