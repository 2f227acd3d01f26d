"""Supavisor: finds the project by the suffix of the user's name, and relays to PgBouncer."""

from __future__ import annotations

import socket
from collections.abc import Callable

from infra.local.databases.address import DatabaseServer
from infra.local.databases.relay import Relay
from infra.sandbox.supabase.databases import database_of
from infra.sandbox.supabase.startup_message import fatal_error, read_start, startup_message

DATABASE = "postgres"
"""The name of every project's database; behind the pooler it is another."""


class Pooler(Relay):
    """A pooler of all projects. `is_up` tells whether a project of this ref accepts logins."""

    def __init__(self, server: Callable[[], DatabaseServer], is_up: Callable[[str], bool], port: int = 0) -> None:
        self._is_up = is_up
        super().__init__(server, port, opening=self._translate)

    def _translate(self, client: socket.socket) -> bytes:
        """Return the start of the connection with the names that the server knows. Raises ConnectionError."""
        version, parameters, content = read_start(client)
        if not parameters:
            return content  # a cancel request
        role, _, ref = parameters["user"].rpartition(".")
        if not role or not self._is_up(ref):
            client.sendall(fatal_error("Tenant or user not found"))
            raise ConnectionError("no such project")
        if parameters.get("database") != DATABASE:
            client.sendall(fatal_error("database does not exist", "3D000"))
            raise ConnectionError("no such database")
        name = database_of(ref)
        names = {"user": name if role == DATABASE else role, "database": name}
        return startup_message(version, parameters | names)
