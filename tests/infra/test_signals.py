"""A signal stops a server, whichever thread receives it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from infra.local.environment import ROOT
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


@pytest.mark.parametrize("number", [2, 15], ids=["SIGINT", "SIGTERM"])
def test_a_signal_to_another_thread_is_handled(number: int) -> None:
    command = [sys.executable, "-c", SERVE, str(number)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
    assert (process.returncode, process.stdout) == (0, "serving\nstopped\n"), process.stderr
