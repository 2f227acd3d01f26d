"""Where a job creates a store's tables, and the login or role that will use them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.platform.domain.store_places import StorePlace

_LOGIN_DIGITS = 30
"""MySQL's user names have at most 32 characters."""
_OWN_LOGIN = re.compile(f"b_[0-9a-f]{{{_LOGIN_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class ProvisioningTarget:
    """A schema on a server. `admin` is the login that creates its tables, `runtime` that of the store's calls.

    On a shared server, `role` is the role that `runtime` assumes in each transaction. On another server, `login` is the
    role of the user name of `runtime`, which has a suffix for a pooler. Without both, `runtime` is `admin`.
    """

    admin: Server
    runtime: Server
    schema: str
    role: str | None = None
    login: str | None = None

    @property
    def dialect(self) -> Dialect:
        return self.admin.dialect

    @property
    def grantee(self) -> str | None:
        """The role that needs rights on the tables; None if their owner uses them."""
        return self.role or self.login

    def place(self) -> StorePlace:
        """Return the place that the store's connections use."""
        return StorePlace(self.runtime, self.schema, self.role)

    def with_login_suffix(self, suffix: str) -> ProvisioningTarget:
        """Return the target with the suffix that a pooler needs after the login's name."""
        return replace(self, runtime=replace(self.runtime, username=f"{self.runtime.username}{suffix}"))

    def without_login(self) -> ProvisioningTarget:
        """Return the target of an admin that may not create a login: the store uses the admin's."""
        return replace(self, runtime=self.admin, login=None)


def target_with_login(admin: Server, schema: str, login: str, username: str, password: str) -> ProvisioningTarget:
    """Return a target whose store has a login of its own; `username` is how the server or pooler calls it."""
    return ProvisioningTarget(admin, replace(admin, username=username, password=password), schema, login=login)


def shared_name(place_id: str) -> str:
    """Return the name of a store's schema and role on a shared server.

    `place_id` is the id of the store or of a job.
    """
    return f"s_{place_id.replace('-', '')}"


def own_login(place_id: str) -> str:
    """Return the name of the login that a store gets on its owner's server."""
    return f"b_{place_id.replace('-', '')[:_LOGIN_DIGITS]}"


def created_login(username: str) -> str | None:
    """Return the login that a job created, without a pooler's suffix; None if Backroom did not create it."""
    login = username.split(".")[0]
    return login if _OWN_LOGIN.fullmatch(login) else None


def grantee_of(place: StorePlace, migrator: StorePlace) -> str | None:
    """Return the role that needs rights on a store's new tables; None if their owner uses them.

    A pooler appends a suffix after a dot to a login's name; generated names contain no dot.
    """
    if place.role is not None:
        return place.role
    login = place.server.username
    return None if login == migrator.server.username else login.partition(".")[0]
