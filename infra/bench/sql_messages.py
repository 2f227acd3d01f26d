"""Count the messages that calls send to stores' databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class MessageCount:
    """Messages of all engines of this process, each with the first words of its statement. Logins are not counted."""

    sent: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, words: str) -> None:
        """Count a message."""
        with self._lock:
            self.sent.append(words)


@contextmanager
def counted_messages() -> Iterator[MessageCount]:
    """Count the messages inside the block. psycopg sends one statement with several sets of values as one (a pipeline)."""
    from sqlalchemy import Engine, event

    count = MessageCount()

    def execute(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        count.note(" ".join(statement.split()[:3]))

    listeners: dict[str, Callable[..., None]] = {
        "begin": lambda _: count.note("BEGIN"),
        "before_cursor_execute": execute,
        "commit": lambda _: count.note("COMMIT"),
        "rollback": lambda _: count.note("ROLLBACK"),
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield count
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)
