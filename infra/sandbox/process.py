"""Running a peer as a process: serves until Ctrl-C or SIGTERM."""

from infra.sandbox.server import SandboxServer
from infra.signals import StopSignal


def serve_until_stopped(sandbox: SandboxServer) -> None:
    """Print the address, wait for the signal and free the port."""
    stopped = StopSignal()
    with sandbox:
        print(sandbox.url, flush=True)
        stopped.wait()
