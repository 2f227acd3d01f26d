"""Find the stack for the demo, also while `make run` is starting it."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from infra.local.environment import HOST, Plan
from infra.local.stack import is_running

START_SECONDS = 240
_POLL_SECONDS = 0.1


def find_stack(plan: Plan) -> bool:
    """Return whether a stack runs. While one of its ports is in use, wait for the stack that is starting there.

    Raises ValueError if the port is still in use and no stack runs after START_SECONDS.
    """
    deadline, said = time.monotonic() + START_SECONDS, False
    while not is_running(plan):
        port = _used_port(plan)
        if port is None:
            return False
        if time.monotonic() > deadline:
            raise ValueError(
                f"port {port} is in use, but not by a stack of this folder: stop the process that listens there (find it "
                f"with `lsof -i :{port}`), or choose other ports: make demo PORT={port + 1000}"
            )
        if not said:
            print(f"Port {port} is in use; waiting until the stack that is starting there is ready …", flush=True)
            said = True
        time.sleep(_POLL_SECONDS)
    return True


def _used_port(plan: Plan) -> int | None:
    """Return a port of the plan that something listens on. Connects only: binding it could make `make run` fail."""
    for port in plan.ports().values():
        with suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
            return port
    return None
