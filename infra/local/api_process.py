"""The HTTP API in a process of its own, which `make run` replaces when the code changes.

The parent holds the listening socket. A new process accepts connections on it before the old one ends, so no connection
is refused; if the changed code does not load, the old process keeps serving.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

LOADED = "loaded\n"
STOP_SECONDS = 30
"""Seconds in which a process must complete its requests."""


class ApiNotLoaded(RuntimeError):
    """The API's code does not load; its traceback was written to standard error."""


class ApiProcess:
    """Serves the API on a port until the `with` block ends."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._parts = ExitStack()
        self._process: subprocess.Popen[str] | None = None

    @property
    def port(self) -> int:
        """The port, chosen by the system if the given one is 0."""
        return int(self._listening.getsockname()[1])

    def __enter__(self) -> Self:
        """Start the process and wait until it serves. Raises ApiNotLoaded, OSError if the port is in use."""
        with ExitStack() as parts:
            self._listening = parts.enter_context(socket.create_server(self._address, backlog=128))
            self._process = self._start()
            self._parts = parts.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._parts:
            if self._process is not None:
                _stop(self._process)

    def reload(self) -> None:
        """Replace the process by one with the present code. Raises ApiNotLoaded; then the process stays."""
        old, self._process = self._process, self._start()
        if old is not None:
            _stop(old)

    def revive(self) -> bool:
        """Start a new process if the present one has ended by itself, and return whether it had.

        Raises ApiNotLoaded; then it does not try again. Without a process, connections would wait on the socket forever.
        """
        if self._process is None or self._process.poll() is None:
            return False
        ended, self._process = self._process, None
        _stop(ended)
        self._process = self._start()
        return True

    def _start(self) -> subprocess.Popen[str]:
        handle = self._listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.api_process", str(handle)],
            pass_fds=(handle,),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches only the parent
        )
        assert process.stdout is not None
        if process.stdout.readline() != LOADED:
            _stop(process)
            raise ApiNotLoaded("the API does not load; see the traceback above")
        return process


def _stop(process: subprocess.Popen[str]) -> None:
    """Let the process complete its requests; kill it if it takes too long."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(2 * STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def main(handle: int) -> None:
    """Serve on the inherited socket until standard input ends, because the parent closed it or exited."""
    from infra.deploy import handlers
    from infra.local import server

    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # logs: nobody reads the pipe after the first line
    listening = socket.socket(fileno=handle)
    host, port = listening.getsockname()[:2]
    api = server.create(handlers.chalice_app(), host, port, listening)
    threading.Thread(target=api.server.serve_forever, name="api", daemon=True).start()
    answers.write(LOADED)
    answers.flush()
    sys.stdin.read()
    api.shutdown()
    api.server.await_answers(STOP_SECONDS)
    api.server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
