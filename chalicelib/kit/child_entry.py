"""Entry point of a child process started by `child_process`: sets limits, then calls the function. Few imports."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

RETURNED, RAISED = b"+", b"-"
_GRACE_SECONDS = 5


def serve(plan: dict[str, Any]) -> None:
    """Call the planned function with the parts in standard input and write its answer to standard output.

    The answer is RETURNED and the result, or RAISED, the exception's class, a newline and its text.
    """
    _limit(plan["megabytes"], plan["cpu_seconds"])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the function's prints must not mix with the answer
    try:
        function = getattr(import_module(plan["module"]), plan["name"])
        parts = [sys.stdin.buffer.read(size) for size in plan["sizes"]]
        answer = RETURNED + (function(*parts, **plan["options"]) or b"")
    except Exception as error:
        answer = RAISED + f"{type(error).__name__}\n{error}".encode(errors="replace")
    answers.write(answer)
    answers.flush()
    os._exit(0)  # skip interpreter shutdown


def _limit(megabytes: int, cpu_seconds: int) -> None:
    """Set the kernel's limits for this process; ignore limits that the system does not support."""
    for limit, soft, hard in (
        (resource.RLIMIT_AS, megabytes * 1_000_000, megabytes * 1_000_000),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + _GRACE_SECONDS),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (soft, hard))
