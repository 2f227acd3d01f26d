"""Where a job creates a store's tables, and the login or role that will use them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.platform.domain.store_places import StorePlace

_LOGIN_DIGITS = 30
"""MySQL's user names have at most 32 characters."""


@dataclass(frozen=True, slots=True)
class ProvisioningTarget:
    """A schema on a server. `admin` is the login that creates its tables.

    On a shared server `role` owns nothing but the rights on the schema, and `runtime` is the login that takes it. On
    another server `runtime` is the store's own login, or `admin` itself if that may not create one.
    """

    admin: Server
    runtime: Server
    schema: str
    role: str | None = None

    @property
    def dialect(self) -> Dialect:
        return self.admin.dialect

    @property
    def grantee(self) -> str | None:
        """The role or login that needs rights on the tables; None if the owner of the tables uses them."""
        if self.role is not None:
            return self.role
        return None if self.runtime == self.admin else login_name(self.store_login)

    @property
    def store_login(self) -> str:
        return self.runtime.username

    def place(self) -> StorePlace:
        """Return the place that the store's connections use."""
        return StorePlace(self.runtime, self.schema, self.role)

    def without_login(self) -> ProvisioningTarget:
        """Return the target of an admin that may not create a login: the store uses the admin's."""
        return replace(self, runtime=self.admin)


def login_name(username: str) -> str:
    """Return the role behind a pooler's user name: Supabase appends the project, `role.project`."""
    return username.partition(".")[0]


def shared_name(store_id: str) -> str:
    """Return the name of a store's schema and role on a shared server."""
    return f"s_{store_id.replace('-', '')}"


def own_login(store_id: str) -> str:
    """Return the name of the login that a store gets on its owner's server."""
    return f"b_{store_id.replace('-', '')[:_LOGIN_DIGITS]}"
