"""A PostgreSQL server on loopback, with passwords (SCRAM-SHA-256) and without TLS."""

from __future__ import annotations

import secrets
import signal
from pathlib import Path

import psycopg

from infra.local.databases import unprivileged
from infra.local.databases.address import HOST, DatabaseServer
from infra.local.databases.postgresql_binaries import binaries
from infra.local.databases.server_process import ServerProcess, free_port, run_to_end

SUPERUSER = "postgres"
_SETTINGS = {
    "max_connections": "400",
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(directory: Path, *, durable: bool) -> PostgreSql:
    """Start a server with the cluster in `directory`. Raises ServerUnavailable."""
    directory.mkdir(parents=True, exist_ok=True)
    unprivileged.hand_over(directory)
    return PostgreSql(directory, _SETTINGS | ({} if durable else _NOT_DURABLE))


class PostgreSql:
    """A running server. Its cluster and password are in `directory` and are kept between runs."""

    def __init__(self, directory: Path, settings: dict[str, str]) -> None:
        self.address = DatabaseServer("postgresql", HOST, free_port(), SUPERUSER, _password(directory))
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(binaries() / "postgres"), "-D", "data", "-h", HOST, "-p", str(self.address.port), *options]
        self._process = ServerProcess(command, directory, stop_signal=signal.SIGINT)  # "fast shutdown"
        self._process.wait_until(self._accepts_logins)

    def stop(self) -> None:
        """Roll back open transactions and stop."""
        self._process.stop()

    def _accepts_logins(self) -> bool:
        address = self.address
        try:
            psycopg.connect(
                host=address.host,
                port=address.port,
                user=address.username,
                password=address.password,
                dbname="postgres",
                connect_timeout=5,
            ).close()
        except psycopg.OperationalError:
            return False
        return True


def _password(directory: Path) -> str:
    """Return the superuser's password; create the cluster if there is none."""
    file = directory / "password"
    if not (directory / "data" / "PG_VERSION").exists():
        file.write_text(secrets.token_urlsafe(24))
        file.chmod(0o600)
        unprivileged.hand_over(file)
        words = ("-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile=password", "-E", "UTF8", "--locale=C.UTF-8")
        run_to_end([str(binaries() / "initdb"), "-D", "data", *words, "--no-sync"], directory)
    return file.read_text()
