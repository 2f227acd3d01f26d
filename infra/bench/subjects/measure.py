"""Time one call and tell this process's peak memory; imports nothing of ours, so that peers can use it, too."""

import json
import time
from collections.abc import Callable
from pathlib import Path


def report(action: Callable[[], object]) -> None:
    """Run `action` once and print what it took, in seconds, and the peak of resident memory in MB.

    The peak is read from /proc: getrusage's would begin with that of the parent.
    """
    begun = time.perf_counter()
    action()
    seconds = time.perf_counter() - begun
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) * 1024 / 1e6
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))
