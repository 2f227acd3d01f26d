"""Connection pools for calls to vendors over HTTP. Calls are not retried here; the caller decides."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib3 import PoolManager

_CONNECT_TIMEOUT = 3
"""Seconds."""


@cache
def http_pool(read_timeout: float) -> PoolManager:
    """Return the process's connection pool with a read timeout in seconds."""
    from urllib3 import PoolManager, Timeout

    return PoolManager(timeout=Timeout(connect=_CONNECT_TIMEOUT, read=read_timeout), retries=False)
