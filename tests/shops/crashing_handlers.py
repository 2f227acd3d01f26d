"""Handlers whose process is killed at one of its calls to AWS, as the event specifies.

`dies_at` of the event is [n, when]: before the nth call is sent, or after it took effect. An optional third element is
the operation whose calls are counted.
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


def _crashing_handler(module: str, name: str) -> Handler:
    def handle(event: dict[str, Any], context: Any) -> Any:
        nth, moment, *operation = event.pop("dies_at", (0, ""))
        handler: Handler = getattr(importlib.import_module(module), name)
        calls_before = iter(range(nth - 1))

        def count() -> None:
            if next(calls_before, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        with hooked(moment, operation[0] if operation else "*", count) if nth else nullcontext():
            return handler(event, context)

    return handle


shops_apply_webhook = _crashing_handler("chalicelib.shops.jobs", "apply_webhook")
studio_apply_order_change = _crashing_handler("chalicelib.studio.jobs", "apply_order_change")
studio_generate_preview = _crashing_handler("chalicelib.studio.jobs", "generate_preview")
