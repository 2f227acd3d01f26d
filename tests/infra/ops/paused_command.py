"""A command that pauses before its nth call of an AWS operation: `python -m tests.infra.ops.paused_command UpdateItem 150 COMMAND`.

It waits until a signal arrives.
"""

from __future__ import annotations

import sys
import time

from infra.ops.__main__ import main
from tests.retention.crash import hooked

operation, nth, *command = sys.argv[1:]
calls = 0


def pause() -> None:
    """Count the call, and sleep before the nth until a signal's handler raises."""
    global calls
    calls += 1
    while calls == int(nth):
        time.sleep(0.05)


if __name__ == "__main__":
    with hooked("before-call", operation, pause):
        sys.exit(main(command))
