"""The servers of the local stack: none starts before its first use; all keep their data."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local.databases import login_creation
from infra.local.databases.address import DatabaseServer, ServerUnavailable
from infra.local.databases.leases import Lease


class LazyServers:
    """PostgreSQL, PgBouncer and MariaDB with their data below `directory`. Leaving the `with` block releases them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._leases: dict[str, Lease] = {}
        self._starting = threading.Lock()

    def postgresql(self) -> DatabaseServer:
        """Return the PostgreSQL server, with the logins of the local stack. Raises ServerUnavailable."""
        return self._server("postgresql")

    def mariadb(self) -> DatabaseServer:
        """Return the MariaDB server, with the login of an owner. Raises ServerUnavailable."""
        return self._server("mariadb")

    def pooler(self) -> DatabaseServer:
        """Return PgBouncer, or the PostgreSQL server if it is not installed. Raises ServerUnavailable without both."""
        try:
            return self._server("pgbouncer")
        except ServerUnavailable:
            return self.postgresql()

    def _server(self, kind: str) -> DatabaseServer:
        with self._starting:
            if kind not in self._leases:
                lease = Lease(kind, self._directory / kind, durable=True)
                if kind == "postgresql":
                    login_creation.create_in_postgresql(lease.address)
                elif kind == "mariadb":
                    login_creation.create_in_mariadb(lease.address)
                self._leases[kind] = lease
            return self._leases[kind].address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lease in self._leases.values():
            lease.close()
