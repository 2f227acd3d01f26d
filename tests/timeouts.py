"""How long a test waits. Only a failing test reaches this limit, on any machine."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import TypeVar

import httpx2

T = TypeVar("T")

LIMIT = 300
"""Seconds; half of pytest's own limit per test, so that a test that times out names what it waited for."""
PAUSE = 0.05


def eventually(look: Callable[[], T], what: str = "the condition holds") -> T:
    """Poll until `look` returns something true, and return it. Raises AssertionError after LIMIT seconds."""
    give_up = time.monotonic() + LIMIT
    while not (result := look()):
        assert time.monotonic() < give_up, f"not within {LIMIT} s: {what}"
        time.sleep(PAUSE)
    return result


def extend_client_timeouts() -> None:
    """Replace the default timeout of httpx2 of 5 seconds with LIMIT.

    Also share one SSL context and ignore proxies, which saves 20 ms a call: tests call this machine only.
    """
    context = ssl.create_default_context()
    calls = (httpx2.get, httpx2.post, httpx2.put, httpx2.patch, httpx2.delete, httpx2.request)
    for call in (*calls, httpx2.Client.__init__):
        defaults = call.__kwdefaults__
        assert defaults
        assert {"timeout", "verify", "trust_env"} <= defaults.keys()
        defaults.update(timeout=LIMIT, verify=context, trust_env=False)
