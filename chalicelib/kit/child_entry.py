"""The child's half of `child_process`: limits first, then the function. It imports as little as it can."""

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
    """Call the planned function on what standard input holds and write its answer to standard output.

    The answer is RETURNED and the result, or RAISED, the exception's class and, on the next line, its text.
    """
    _limit(plan["megabytes"], plan["cpu_seconds"])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the function prints is no answer
    try:
        function = getattr(import_module(plan["module"]), plan["name"])
        parts = [sys.stdin.buffer.read(size) for size in plan["sizes"]]
        answer = RETURNED + (function(*parts, **plan["options"]) or b"")
    except Exception as error:
        answer = RAISED + f"{type(error).__name__}\n{error}".encode(errors="replace")
    answers.write(answer)
    answers.flush()
    os._exit(0)  # there is nothing to clean up


def _limit(megabytes: int, cpu_seconds: int) -> None:
    """Set the limits that the kernel enforces; a system that does not know one keeps the parent's time limit."""
    for limit, soft, hard in (
        (resource.RLIMIT_AS, megabytes * 1_000_000, megabytes * 1_000_000),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + _GRACE_SECONDS),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (soft, hard))
