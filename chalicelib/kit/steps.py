"""Independent steps of one run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack


def run_all(*steps: Callable[[], object]) -> None:
    """Run every step in order, also after a step fails. Raises the last error."""
    with ExitStack() as stack:
        for step in reversed(steps):  # the stack runs the last one first
            stack.callback(step)
