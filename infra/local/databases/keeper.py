"""Runs one database server for several processes, until the last of them ends.

`python -m infra.local.databases.keeper KIND DIRECTORY [--durable] [--certificate PEM]` is started by `infra.local.databases.leases`. Each
user of the server holds a shared lock on the file `users`. Every half second the keeper tries to lock it exclusively;
once it can, no user is left, and it stops. While it runs it locks the file `keeper`. The kernel releases the locks of a killed process.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any, Protocol

from infra.local.databases.address import DatabaseServer, ServerUnavailable
from infra.local.databases.file_locks import locked
from infra.local.databases.leases import ADDRESS, FAILURE, KEEPER, START, USERS

_PAUSE_SECONDS = 0.5


class Server(Protocol):
    """What the keeper needs of a server."""

    address: DatabaseServer

    def stop(self) -> None: ...


def start(kind: str, directory: Path, **options: Any) -> Server:
    """Start the server of this kind with the options of its module's `start`. Raises ServerUnavailable."""
    module = importlib.import_module(f"infra.local.databases.{kind}")
    server: Server = module.start(directory, **options)
    return server


def main() -> None:
    """Serve until no user is left. Write the reason to the file `failure` if the server does not start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--durable", action="store_true", help="keep the data, and write it safely")
    parser.add_argument("--certificate", type=Path, help="MariaDB only: PEM of certificate and key; default: no TLS")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    tls = {} if arguments.certificate is None else {"certificate": arguments.certificate}
    _detach()
    with locked(directory / KEEPER):
        try:
            server = start(arguments.kind, directory / "server", durable=arguments.durable, **tls)
        except Exception as error:
            _write(directory / FAILURE, str(error) if isinstance(error, ServerUnavailable) else repr(error))
            raise
        _write(directory / ADDRESS, json.dumps(dataclasses.asdict(server.address)))
        try:
            while not _stop_if_unused(server, directory, keep_data=arguments.durable):
                time.sleep(_PAUSE_SECONDS)
        except FileNotFoundError:  # `make clean` has removed the directory
            server.stop()


def _detach() -> None:
    """Continue in a child process and session, so that no user's end or Ctrl-C stops this process."""
    if os.fork():
        os._exit(0)
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _stop_if_unused(server: Server, directory: Path, *, keep_data: bool) -> bool:
    """Stop the server and return True if no user is left. A new user waits until it has stopped."""
    with locked(directory / START, wait=False) as starting:
        if not starting:
            return False
        with locked(directory / USERS, wait=False) as unused:
            if not unused:
                return False
            (directory / ADDRESS).unlink()
            server.stop()
            if not keep_data:
                shutil.rmtree(directory / "server", ignore_errors=True)
            return True


def _write(path: Path, text: str) -> None:
    """Write the file in one step, readable by us only."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)


if __name__ == "__main__":
    main()
