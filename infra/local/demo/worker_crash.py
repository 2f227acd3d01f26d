"""The crash of a worker process of the running stack, as when a Lambda function is lost in the middle of its work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress

from infra.local.environment import Plan
from infra.local.stack import running_file


def worker_processes(plan: Plan, entry: str) -> list[int]:
    """Return the process ids of the workers in which the stack runs the handler `entry`, e.g. `chalicelib.x.jobs.y`."""
    stack = json.loads(running_file(plan).read_text())["pid"]
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    processes = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, parent, *command in processes if int(parent) == stack and command[-1:] == [entry]]


def kill_workers(plan: Plan, entry: str) -> list[int]:
    """Kill the workers of a handler (SIGKILL) and return their process ids. The stack starts new ones when needed."""
    processes = worker_processes(plan, entry)
    for pid in processes:
        with suppress(ProcessLookupError):  # it ended by itself
            os.kill(pid, signal.SIGKILL)
    return processes
