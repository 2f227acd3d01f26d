"""The process of a database server: start, wait until it accepts logins, stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from infra.local.databases import unprivileged
from infra.local.databases.address import HOST, ServerUnavailable

START_SECONDS = 120.0
STOP_SECONDS = 60.0
"""Upper limits in seconds. A crashed server is noticed immediately, without waiting for them."""
_PAUSE = 0.02


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


class ServerProcess:
    """A server as a child process without root; its output goes to `<name>.log` in the directory.

    A server of this directory whose parent was killed is stopped first.
    """

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._stop_signal = stop_signal
        self._log = directory / f"{Path(command[0]).name}.log"
        pid_file = directory / "server.pid"
        _stop_orphan(pid_file, stop_signal)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*unprivileged.prefix(), *command],
                cwd=directory,
                env=minimal_environment() | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only the parent, which stops the server
            )
        pid_file.write_text(str(self.process.pid))

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Wait until `is_ready` returns True. Stop the server and raise ServerUnavailable if it exits or is too slow."""
        give_up = time.monotonic() + START_SECONDS
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise ServerUnavailable(f"The database server does not start:\n{self.log()}")
            time.sleep(_PAUSE)

    def stop(self) -> None:
        """Stop the server, kill it if it is too slow. Do nothing if it has stopped."""
        self.process.send_signal(self._stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        """Return the end of the server's output."""
        return self._log.read_text(errors="replace")[-2000:]


def _stop_orphan(pid_file: Path, stop_signal: signal.Signals) -> None:
    """Stop the process of the file if it still works in the file's directory; its id may be another's by now."""
    if not pid_file.exists():
        return
    pid = pid_file.read_text()
    with suppress(OSError, ValueError):
        if Path(f"/proc/{pid}/cwd").resolve(strict=True).is_relative_to(pid_file.parent.resolve()):
            os.kill(int(pid), stop_signal)  # a killed PostgreSQL would leave `postmaster.pid`
            while Path(f"/proc/{pid}/cwd").exists():
                time.sleep(_PAUSE)


def run_to_end(
    command: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None, text: str = ""
) -> None:
    """Run a command without root, with `text` as its input. Raises ServerUnavailable with its output if it fails."""
    result = subprocess.run(
        [*unprivileged.prefix(), *command],
        cwd=directory,
        env=minimal_environment() | dict(environment or {}),
        input=text,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise ServerUnavailable(f"{Path(command[0]).name} failed:\n{(result.stdout + result.stderr)[-2000:]}")


def copy_private(file: Path, directory: Path) -> Path:
    """Copy a file with a key into the server's directory, readable by the server only; return its absolute path."""
    copy = directory.resolve() / file.name
    copy.touch(mode=0o600)
    copy.write_bytes(file.read_bytes())
    unprivileged.hand_over(copy)
    return copy


def minimal_environment() -> dict[str, str]:
    """Return the environment of a server: no setting of the developer reaches it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
