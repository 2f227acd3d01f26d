"""The engines of this process: at most 8, of which the least recently used is closed first. Stores of a server share one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sqlalchemy import Engine

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.circuit_breaker import CircuitBreaker
from chalicelib.integrations.sql.servers import Limits, Server

MAX_ENGINES = 8


@dataclass(slots=True)
class StoreEngine:
    """An engine and the recent failures of its server."""

    engine: Engine
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)


_lock = threading.Lock()
_engines: OrderedDict[tuple[Server, Limits], StoreEngine] = OrderedDict()


def get_engine(server: Server, limits: Limits, load_allowed_hosts: Callable[[], Collection[str]]) -> StoreEngine:
    """Return the engine of the server; create it if this process has none."""
    key = server, limits
    with _lock:
        if key in _engines:
            _engines.move_to_end(key)
            return _engines[key]
    created = StoreEngine(engines.pooled_engine(server, limits, load_allowed_hosts))
    with _lock:
        kept = _engines.setdefault(key, created)
        closing = [_engines.popitem(last=False)[1] for _ in range(len(_engines) - MAX_ENGINES)]
    for one in closing:
        one.engine.dispose()
    return kept


def close_engine(server: Server) -> None:
    """Close the connections to a server and forget its engines."""
    with _lock:
        closing = [_engines.pop(key) for key in list(_engines) if key[0] == server]
    for one in closing:
        one.engine.dispose()


def close_engines() -> None:
    """Close the idle connections of all engines and forget them."""
    with _lock:
        closing = list(_engines.values())
        _engines.clear()
    for one in closing:
        one.engine.dispose()
