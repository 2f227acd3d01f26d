"""Handlers for worker tests: one that succeeds, and every way to fail."""

from __future__ import annotations

import os
import sys
import time
from typing import Any


def echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    print("noise on standard output must not disturb the answer")
    return {"event": event, "pid": os.getpid(), "modules": sorted(sys.modules)}


def fail(event: dict[str, Any], context: Any) -> None:
    raise ValueError("shpat_not_for_the_log")


def hang(event: dict[str, Any], context: Any) -> None:
    time.sleep(600)


def die(event: dict[str, Any], context: Any) -> None:
    os._exit(9)
