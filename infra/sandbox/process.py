"""Running a peer as a process: serves until Ctrl-C or SIGTERM."""

import signal
import threading

from infra.sandbox.server import SandboxServer


def serve_until_stopped(sandbox: SandboxServer) -> None:
    """Prints the address, then waits for the signal and frees the port."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with sandbox:
        print(sandbox.url, flush=True)
        stopped.wait()
