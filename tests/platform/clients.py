"""Accounts of platform, written as rows, and a client that acts as one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.models import PlatformUser
from tests.platform.owners import new_user


def new_account(**columns: Any) -> PlatformUser:
    """Write the account of an owner and return the row."""
    return new_user(f"{ids.new()}@example.com", **columns)


@dataclass(frozen=True)
class PlatformClient:
    """Calls the API as an account of a role."""

    api: httpx2.Client
    account_id: str
    role: Role = Role.OWNER

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Call `/v1/<path>`; headers are given with underscores. A POST gets a new Idempotency-Key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            named.setdefault("Idempotency-Key", ids.new())
        named["Authorization"] = f"Bearer {auth.mint(self.role, self.account_id)}"
        return self.api.request(method, f"/v1/{path}", json=body, headers=named)
