"""Handlers in a process that may be killed at one of its calls to AWS; the event says at which.

`dies_at` in it is [n, when]: just before the nth call is sent, or just after it took effect; a third part names an
operation, whose calls alone count.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from tests.retention.crash import hooked

Handler = Callable[[dict[str, Any], Any], Any]


def _mortal(module: str, name: str) -> Handler:
    def handle(event: dict[str, Any], context: Any) -> Any:
        nth, when, *operation = event.pop("dies_at", (0, ""))
        handler: Handler = getattr(importlib.import_module(module), name)
        left = iter(range(nth - 1))

        def count() -> None:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        with hooked(when, operation[0] if operation else "*", count) if nth else nullcontext():
            return handler(event, context)

    return handle


shops_apply_webhook = _mortal("chalicelib.shops.jobs", "apply_webhook")
studio_apply_order_change = _mortal("chalicelib.studio.jobs", "apply_order_change")
studio_generate_preview = _mortal("chalicelib.studio.jobs", "generate_preview")
