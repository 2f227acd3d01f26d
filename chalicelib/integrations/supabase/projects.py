"""Organizations, projects and poolers as the Management API describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from chalicelib.integrations.supabase import names
from chalicelib.kit.config import LOOPBACK

READY = "ACTIVE_HEALTHY"
TRANSACTION_PORT = 6543
"""The port of transaction mode on every pooler of Supabase; 5432 is session mode (docs: "Connect to your database")."""
_STARTING = frozenset({"COMING_UP", "UNKNOWN", "RESTORING", "RESTARTING", "UPGRADING", "RESIZING", "ACTIVE_UNHEALTHY"})
_DELETED = frozenset({"REMOVED", "GOING_DOWN"})
_CONNECTION = re.compile(
    r"postgres(?:ql)?://(?P<user>[^:@/]+):[^@]*@(?P<host>[^:@/]+):(?P<port>\d+)/(?P<database>[^?]+)"
)
"""The password in it is a placeholder in brackets, which `urlsplit` takes for an IPv6 address."""


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization of the token's owner."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project to create. The password is that of the role `postgres`."""

    organization: str
    name: str
    region: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `organization` is the slug, `status` Supabase's word."""

    ref: str
    name: str
    organization: str
    region: str
    status: str
    created_at: str

    @property
    def is_ready(self) -> bool:
        """Whether its database accepts logins."""
        return self.status == READY

    @property
    def is_coming_up(self) -> bool:
        """Whether it becomes ready without our doing."""
        return self.status in _STARTING

    @property
    def has_failed(self) -> bool:
        """Whether it is paused, deleted or failed: it does not become ready without its owner's doing."""
        return not self.is_ready and not self.is_coming_up

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted, though still listed."""
        return self.status in _DELETED


@dataclass(frozen=True, slots=True)
class Pooler:
    """Where a project's database is reached: Supavisor in transaction mode."""

    ref: str
    host: str
    port: int
    database: str
    username: str
    """The login of the role `postgres`."""
    ca_certificate: str | None = field(default=None, repr=False)
    """PEM of Supabase's own authority, which signs the certificate of its poolers; None for public authorities."""

    def username_of(self, role: str) -> str:
        """Return the login of another role: Supavisor finds the project by the suffix."""
        return f"{role}.{self.ref}"


def parse_organization(shape: Any) -> Organization:
    """Return an organization. Raises KeyError, TypeError or ValueError for another shape."""
    return Organization(names.checked_organization(str(shape.get("slug") or shape["id"])), str(shape["name"]))


def parse_project(shape: Any) -> Project:
    """Return a project. Raises KeyError, TypeError or ValueError for another shape."""
    return Project(
        ref=names.checked_ref(str(shape.get("ref") or shape["id"])),
        name=str(shape["name"]),
        organization=str(shape.get("organization_slug") or shape["organization_id"]),
        region=str(shape["region"]),
        status=str(shape["status"]),
        created_at=str(shape.get("created_at") or ""),
    )


def parse_pooler(ref: str, shapes: Any, *, is_sandbox: bool) -> Pooler:
    """Return the pooler of the primary database in transaction mode.

    The host must be Supabase's, or on loopback in a sandbox: the password is sent there. Raises KeyError, TypeError or
    ValueError for another shape or host.
    """
    for shape in shapes:
        match = _CONNECTION.fullmatch(str(shape["connection_string"]))
        if shape["database_type"] != "PRIMARY" or match is None:
            continue
        host = match["host"] if is_sandbox and match["host"] in LOOPBACK else names.checked_pooler_host(match["host"])
        port = int(match["port"]) if is_sandbox else TRANSACTION_PORT
        return Pooler(ref, host, port, match["database"], match["user"])
    raise ValueError("no pooler of the primary database")
