"""Servers that several processes share: started once, stopped after the last user, however it ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local.databases.address import ServerUnavailable
from infra.local.databases.file_locks import locked
from infra.local.databases.leases import KEEPER, ROOT, Lease
from tests.databases import postgresql_connection
from tests.timeouts import eventually

HOLD = """
import sys, time
from pathlib import Path
from infra.local.databases.leases import Lease
lease = Lease("postgresql", Path(sys.argv[1]), durable=False)
print(lease.address.port, flush=True)
time.sleep(3600)
"""


@pytest.fixture
def user(tmp_path: Path, postgresql_server: object) -> Iterator[subprocess.Popen[str]]:
    """Another process that has a lease of a server below `tmp_path`."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "postgresql")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def port_of(user: subprocess.Popen[str]) -> int:
    assert user.stdout
    return int(user.stdout.readline())


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_the_server_outlives_a_killed_user_and_ends_with_the_last(user: subprocess.Popen[str], tmp_path: Path) -> None:
    port = port_of(user)
    with Lease("postgresql", tmp_path / "postgresql", durable=False) as lease:
        assert lease.address.port == port
        user.send_signal(signal.SIGKILL)
        user.wait()
        with postgresql_connection(lease.address) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    eventually(lambda: not is_listening(port), "the server stops")
    eventually(lambda: not (tmp_path / "postgresql" / "server").exists(), "its data is removed")


def test_concurrent_users_share_one_server(tmp_path: Path, postgresql_server: object) -> None:
    with ThreadPoolExecutor(4) as pool:
        leases = list(pool.map(lambda _: Lease("postgresql", tmp_path / "postgresql", durable=False), range(4)))
    assert len({lease.address for lease in leases}) == 1
    for lease in leases:
        lease.close()


def test_a_durable_server_keeps_its_data_and_password(tmp_path: Path, postgresql_server: object) -> None:
    passwords = []
    for statement in ("CREATE TABLE kept ()", "SELECT * FROM kept"):
        with Lease("postgresql", tmp_path / "postgresql", durable=True) as lease:
            passwords.append(lease.address.password)
            with postgresql_connection(lease.address) as connection:
                connection.execute(statement)
                assert connection.execute("SHOW fsync").fetchone() == ("on",)
        eventually(lambda: not is_listening(lease.address.port), "the server stops")
    assert len(set(passwords)) == 1


def test_a_killed_keeper_is_replaced(tmp_path: Path, postgresql_server: object) -> None:
    directory = tmp_path / "postgresql"
    with Lease("postgresql", directory, durable=True) as lease:
        with postgresql_connection(lease.address) as connection:
            connection.execute("CREATE TABLE kept ()")
        command = ["pgrep", "--full", f"databases.keeper postgresql {directory}"]
        keeper = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        os.kill(int(keeper), signal.SIGKILL)
        with locked(directory / KEEPER):
            pass  # the kernel has released the lock: the keeper has ended
        with Lease("postgresql", directory, durable=True) as other:
            assert not is_listening(lease.address.port)
            with postgresql_connection(other.address) as connection:
                connection.execute("SELECT * FROM kept")
    eventually(lambda: not is_listening(other.address.port), "the server stops")


def test_the_server_ends_if_its_directory_is_removed(tmp_path: Path, postgresql_server: object) -> None:
    with Lease("postgresql", tmp_path / "postgresql", durable=True) as lease:
        shutil.rmtree(tmp_path / "postgresql", ignore_errors=True)
        eventually(lambda: not is_listening(lease.address.port), "the server stops")


def test_the_reason_of_a_failed_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServerUnavailable, match="no_such_server"):
        Lease("no_such_server", tmp_path / "server", durable=False)
