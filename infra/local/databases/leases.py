"""Leases of a database server that several processes share.

The first user of a directory starts the server's keeper. A lease is a shared lock on the file `users`; closing it, or
the end of the process, releases it.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local.databases.address import DatabaseServer, ServerUnavailable
from infra.local.databases.file_locks import locked
from infra.local.databases.server_process import START_SECONDS

START, USERS, KEEPER, ADDRESS, FAILURE = "start", "users", "keeper", "address.json", "failure"
"""The files of a server's directory: three locks, the address of the running server, why it did not start."""
ROOT = Path(__file__).resolve().parents[3]
_PAUSE = 0.02


class Lease:
    """The right to use the server of `kind` in `directory`, which is started if it does not run."""

    def __init__(self, kind: str, directory: Path, *, durable: bool, certificate: Path | None = None) -> None:
        """Wait until the server accepts logins; with a certificate and its key (PEM) a MariaDB offers TLS.

        Raises ServerUnavailable.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(directory / USERS, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with locked(directory / START):
                fcntl.flock(self._lock, fcntl.LOCK_SH)
                if not _is_kept(directory):
                    options = ["--durable"] if durable else []
                    if certificate is not None:
                        options.append(f"--certificate={certificate}")
                    _start_keeper(kind, directory, options)
                self.address = DatabaseServer(**json.loads((directory / ADDRESS).read_text()))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the lease. The server stops within a second if this was the last one."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_kept(directory: Path) -> bool:
    """Return whether the server runs. If its keeper was killed, remove the address that it left."""
    with locked(directory / KEEPER, wait=False) as is_gone:
        if is_gone:
            (directory / ADDRESS).unlink(missing_ok=True)
    return (directory / ADDRESS).exists()


def _start_keeper(kind: str, directory: Path, options: list[str]) -> None:
    """Start the keeper and wait until it has written the address. Raises ServerUnavailable with its reason."""
    failure = directory / FAILURE
    failure.unlink(missing_ok=True)
    command = [sys.executable, "-m", "infra.local.databases.keeper", kind, str(directory), *options]
    with (directory / "keeper.log").open("wb") as log:
        subprocess.run(  # the keeper detaches itself
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=True,
        )
    give_up = time.monotonic() + START_SECONDS
    while not (directory / ADDRESS).exists():
        if failure.exists():
            raise ServerUnavailable(failure.read_text())
        if time.monotonic() > give_up:
            raise ServerUnavailable(f"The keeper of {kind} does not respond; see {log.name}.")
        time.sleep(_PAUSE)
