"""How long a test waits. Time decides nothing: only a test that fails reaches this limit, however busy the machine is."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

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


def make_httpx_patient() -> None:
    """Replace the 5 seconds after which httpx gives up where a call names no timeout.

    And the 20 ms in which every call reads the machine's certificates and proxies: tests talk to this machine only.
    """
    context = ssl.create_default_context()
    calls = (httpx.get, httpx.post, httpx.put, httpx.patch, httpx.delete, httpx.request)
    for call in (*calls, httpx.Client.__init__):
        defaults = call.__kwdefaults__
        assert defaults
        assert {"timeout", "verify", "trust_env"} <= defaults.keys()
        defaults.update(timeout=LIMIT, verify=context, trust_env=False)
