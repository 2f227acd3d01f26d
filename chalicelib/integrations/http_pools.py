"""Connection pools for calls to vendors over HTTP. A call is sent once: the caller decides whether it is repeated."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib3 import PoolManager

_CONNECT_TIMEOUT = 3
"""Seconds."""


@cache
def http_pool(read_timeout: float) -> PoolManager:
    """Return the process's pool of connections whose answers may take so many seconds."""
    from urllib3 import PoolManager, Timeout

    return PoolManager(timeout=Timeout(connect=_CONNECT_TIMEOUT, read=read_timeout), retries=False)
