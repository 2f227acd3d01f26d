"""A signal stops a server in any state and on any thread; a server that hangs exits after the timeout."""

from __future__ import annotations

import subprocess
import sys

import pytest

from infra.local.environment import ROOT
from infra.signals import FORCED_EXIT
from tests.timeouts import LIMIT

SERVE = """
import signal, sys, threading
from infra.signals import StopSignal

stop = StopSignal()
print("serving", flush=True)
thread = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), int(sys.argv[1])))
threading.Timer(0.5, thread.start).start()  # the main thread may wait or not yet wait: both must end
stop.wait()
print("stopped")
"""
START = """
import os, signal, socket, sys, threading
from infra.signals import StopRequested, StopSignal

stop = StopSignal()
silent, other = socket.socketpair()
try:
    with stop.interrupting():
        print("starting", flush=True)
        while True:
            threading.Timer(0.1, os.kill, (os.getpid(), int(sys.argv[1]))).start()
            try:
                silent.recv(1)  # an engine that does not respond
            except Exception:
                print("swallowed")
except StopRequested:
    stop.wait()
    print("stopped")
try:
    with stop.interrupting():
        print("never")
except StopRequested:
    print("too late")
"""
HANG = """
import os, signal, socket
from infra.signals import StopSignal

stop = StopSignal(stop_seconds=0.1)
os.kill(os.getpid(), signal.SIGTERM)
stop.wait()
os.kill(os.getpid(), signal.SIGINT)  # another signal changes nothing
silent, other = socket.socketpair()
silent.recv(1)  # a part that does not stop
"""


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)


@pytest.mark.parametrize("number", [2, 15], ids=["SIGINT", "SIGTERM"])
def test_a_signal_to_another_thread_is_handled(number: int) -> None:
    process = run(SERVE, number)
    assert (process.returncode, process.stdout) == (0, "serving\nstopped\n"), process.stderr


@pytest.mark.parametrize("number", [2, 15], ids=["SIGINT", "SIGTERM"])
def test_a_signal_interrupts_a_blocked_start(number: int) -> None:
    process = run(START, number)
    assert (process.returncode, process.stdout) == (0, "starting\nstopped\ntoo late\n"), process.stderr


def test_a_program_that_does_not_stop_exits_after_the_timeout() -> None:
    process = run(HANG)
    assert process.returncode == FORCED_EXIT
    assert "not stopped within" in process.stderr
