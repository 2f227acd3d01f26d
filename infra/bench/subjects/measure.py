"""Time one call and report the process's peak memory. Imports no module of ours, so all programs can use it."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def report(action: Callable[[], object]) -> None:
    """Run `action` once and print its duration in seconds and the peak resident memory in MB."""
    begun = time.perf_counter()
    action()
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "peak_mb": _peak() / 1e6}))


def _peak() -> int:
    """Return the peak resident memory in bytes. Prefer /proc: on Linux, getrusage includes the parent's peak."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(dict(line.split(":", 1) for line in status.read_text().splitlines())["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
