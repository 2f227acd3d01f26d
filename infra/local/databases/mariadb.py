"""A MariaDB server on loopback, for the dialect MySQL."""

from __future__ import annotations

import secrets
from pathlib import Path

import pymysql

from infra.local.databases import unprivileged
from infra.local.databases.address import HOST, DatabaseServer, ServerUnavailable
from infra.local.databases.debian_packages import Program, find_program
from infra.local.databases.server_process import ServerProcess, copy_private, free_port, run_to_end

SUPERUSER = "root"
_SCRIPTS = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
_PREAMBLE = """CREATE DATABASE mysql;
USE mysql;
SET @auth_root_socket = 'nobody';
SET @skip_auth_anonymous = 1;
"""
"""As `mariadb-install-db` begins; without the variables it creates users without a password."""
_OPTIONS = (
    "--max-connections=400",
    "--innodb-buffer-pool-size=64M",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--skip-name-resolve",
)
_NOT_DURABLE = ("--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite")


def start(directory: Path, *, durable: bool, certificate: Path | None = None) -> MariaDb:
    """Start a server with the data in `directory`; with a certificate and its key (PEM) it offers TLS.

    Raises ServerUnavailable.
    """
    program = find_program("mariadbd", "mariadb-server-core")
    directory.mkdir(parents=True, exist_ok=True)
    unprivileged.hand_over(directory)
    options = _OPTIONS if durable else (*_OPTIONS, *_NOT_DURABLE)
    if certificate is not None:
        copy = copy_private(certificate, directory)
        options = (*options, f"--ssl-cert={copy}", f"--ssl-key={copy}")
    return MariaDb(program, directory, options)


class MariaDb:
    """A running server. Its data and password are in `directory` and are kept between runs."""

    def __init__(self, program: Program, directory: Path, options: tuple[str, ...]) -> None:
        command = _command(program, directory)
        password = _password(command, program, directory)
        self.address = DatabaseServer("mysql", HOST, free_port(), SUPERUSER, password)
        network = (f"--bind-address={HOST}", f"--port={self.address.port}", "--socket=server.sock")
        login = f"--init-file={directory.resolve() / 'login.sql'}"
        self._process = ServerProcess([*command, *network, *options, login], directory, program.environment)
        self._process.wait_until(self._accepts_logins)

    def stop(self) -> None:
        """Roll back open transactions and stop."""
        self._process.stop()

    def _accepts_logins(self) -> bool:
        address = self.address
        try:
            pymysql.connect(
                host=address.host,
                port=address.port,
                user=address.username,
                password=address.password,
                connect_timeout=5,
            ).close()
        except pymysql.OperationalError:
            return False
        return True


def _command(program: Program, directory: Path) -> list[str]:
    share = _share(program)
    return [
        str(program.binary),
        "--no-defaults",
        f"--basedir={program.root}",
        f"--datadir={directory.resolve() / 'data'}",
        f"--lc-messages-dir={share}",
        f"--character-sets-dir={share / 'charsets'}",
        "--innodb-log-file-size=16M",
    ]


def _share(program: Program) -> Path:
    """Return the directory of the messages and of the scripts that create the system tables."""
    for name in ("mysql", "mariadb"):
        share = program.root / "share" / name
        if all((share / script).exists() for script in _SCRIPTS):
            return share
    raise ServerUnavailable(f"The scripts of MariaDB's system tables are not in {program.root}/share.")


def _password(command: list[str], program: Program, directory: Path) -> str:
    """Return the superuser's password; create the data if there is none."""
    file = directory / "password"
    if not file.exists():
        (directory / "data").mkdir(exist_ok=True)
        unprivileged.hand_over(directory / "data")
        scripts = "".join((_share(program) / script).read_text() for script in _SCRIPTS)
        run_to_end([*command, "--bootstrap"], directory, program.environment, _PREAMBLE + scripts)
        password = secrets.token_urlsafe(24)
        login = directory / "login.sql"
        login.touch(mode=0o600)
        login.write_text(
            f"CREATE USER IF NOT EXISTS '{SUPERUSER}'@'{HOST}' IDENTIFIED BY '{password}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO '{SUPERUSER}'@'{HOST}' WITH GRANT OPTION;\n"
        )
        unprivileged.hand_over(login)
        file.touch(mode=0o600)
        file.write_text(password)
    return file.read_text()
