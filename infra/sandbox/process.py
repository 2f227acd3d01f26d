"""Runs a sandbox as a process until Ctrl-C or SIGTERM."""

from infra.sandbox.server import SandboxServer
from infra.signals import StopSignal


def serve_until_stopped(sandbox: SandboxServer) -> None:
    """Start the sandbox, print its URL, wait for the stop signal and free the port."""
    stopped = StopSignal()
    with sandbox:
        print(sandbox.url, flush=True)
        stopped.wait()
