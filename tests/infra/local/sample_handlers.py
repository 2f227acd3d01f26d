"""Handlers for worker tests: one that succeeds, and every way to fail."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any


def echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    print("noise on standard output must not disturb the answer")
    return {"event": event, "pid": os.getpid(), "modules": sorted(sys.modules)}


def fail(event: dict[str, Any], context: Any) -> None:
    raise ValueError("shpat_not_for_the_log")


def meet(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Succeed once another call runs in another process at the same time; the message names their folder."""
    folder = Path(event["Records"][0]["body"])
    (folder / str(os.getpid())).touch()
    for _ in range(200):
        if len(list(folder.iterdir())) == 2:
            return {"batchItemFailures": []}
        time.sleep(0.05)
    raise TimeoutError("no other call")


def hang(event: dict[str, Any], context: Any) -> None:
    time.sleep(600)


def die(event: dict[str, Any], context: Any) -> None:
    os._exit(9)
