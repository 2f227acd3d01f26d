"""PgBouncer in transaction mode, before the PostgreSQL server of the directory beside it."""

from __future__ import annotations

import socket
from pathlib import Path

from infra.local.databases import unprivileged
from infra.local.databases.address import HOST, DatabaseServer
from infra.local.databases.debian_packages import find_program
from infra.local.databases.leases import Lease
from infra.local.databases.server_process import ServerProcess, free_port

_CONFIGURATION = """[databases]
* = host={server.host} port={server.port} auth_user={server.username}

[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
pool_mode = transaction
default_pool_size = 5
max_client_conn = 1000
server_idle_timeout = 20
auth_type = scram-sha-256
auth_file = users.txt
auth_query = SELECT usename, passwd FROM pg_catalog.pg_shadow WHERE usename = $1
admin_users = {server.username}
"""


def start(directory: Path, *, durable: bool) -> PgBouncer:
    """Start PgBouncer, and its PostgreSQL server if it does not run. Raises ServerUnavailable."""
    return PgBouncer(directory, Lease("postgresql", directory.parents[1] / "postgresql", durable=durable))


class PgBouncer:
    """A running PgBouncer. Its logins and databases are those of the PostgreSQL server."""

    def __init__(self, directory: Path, postgresql: Lease) -> None:
        program = find_program("pgbouncer", "pgbouncer")
        self._postgresql = postgresql
        server = postgresql.address
        self.address = DatabaseServer("postgresql", HOST, free_port(), server.username, server.password)
        directory.mkdir(parents=True, exist_ok=True)
        configuration = _CONFIGURATION.format(server=server, host=HOST, port=self.address.port)
        for name, text in (
            ("pgbouncer.ini", configuration),
            ("users.txt", f'"{server.username}" "{server.password}"\n'),
        ):
            file = directory / name
            file.touch(mode=0o600)
            file.write_text(text)
            unprivileged.hand_over(file)
        unprivileged.hand_over(directory)
        command = [str(program.binary), "pgbouncer.ini"]
        self._process = ServerProcess(command, directory, program.environment)
        self._process.wait_until(self._accepts_connections)

    def stop(self) -> None:
        """Close all connections, stop, and release the lease of PostgreSQL."""
        self._process.stop()
        self._postgresql.close()

    def _accepts_connections(self) -> bool:
        try:
            socket.create_connection((HOST, self.address.port), timeout=5).close()
        except OSError:
            return False
        return True
