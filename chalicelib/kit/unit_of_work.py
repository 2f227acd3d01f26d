"""Unit of work: the writes of one event or request in one transaction, then the messages that announce them.

Source: Fowler, "Patterns of Enterprise Application Architecture"; Percival and Gregory, "Architecture Patterns with Python".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.kit import messages
from chalicelib.kit.messages import Message
from chalicelib.kit.retries import retry_conflicts
from chalicelib.kit.tables import Transaction

R = TypeVar("R")


@dataclass
class UnitOfWork:
    """Collects writes that commit all or none, and messages to publish after the commit."""

    transaction: Transaction = field(default_factory=Transaction)
    messages: list[Message] = field(default_factory=list)

    def publish(self, message: Message) -> None:
        """Publish the message once the transaction is committed."""
        self.messages.append(message)


def run_unit_of_work(decide: Callable[[UnitOfWork], R]) -> R:
    """Let `decide` read rows and stage changes, commit them, publish the messages and return the result of `decide`.

    On a write conflict, runs `decide` again with fresh reads. If the process crashes between commit and publish, a retry
    publishes: `decide` stages messages even if there is nothing left to write. Raises Unavailable after eight conflicts.
    """
    unit, result = retry_conflicts(lambda: _commit(decide))
    for message in unit.messages:
        messages.publish(message)
    return result


def _commit(decide: Callable[[UnitOfWork], R]) -> tuple[UnitOfWork, R]:
    unit = UnitOfWork()
    with unit.transaction:
        result = decide(unit)
    return unit, result
