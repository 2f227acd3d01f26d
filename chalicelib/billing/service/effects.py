"""What one event or request changes: decided on what was read, written in one transaction, then told."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.billing.errors import Outdated
from chalicelib.kit import messages
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.messages import Message
from chalicelib.kit.tables import Transaction

R = TypeVar("R")

ATTEMPTS = 8


@dataclass
class Effects:
    """Writes that happen all or not at all, and the messages that tell of them."""

    transaction: Transaction = field(default_factory=Transaction)
    told: list[Message] = field(default_factory=list)

    def tell(self, message: Message) -> None:
        """Publish the message once the writes have happened."""
        self.told.append(message)


def carry_out(decide: Callable[[Effects], R]) -> R:
    """Let `decide` read, decide and stage writes; write them, publish what is to be told, and give its result.

    Whoever was overtaken (Outdated) reads again and decides anew. A death between writing and telling is healed by
    whoever tries again: messages are told also where everything was written already. Raises Unavailable after eight
    attempts with jitter in between.
    """
    for number in range(ATTEMPTS):
        effects = Effects()
        try:
            with effects.transaction:
                result = decide(effects)
        except Outdated:
            time.sleep(random.uniform(0, 0.02 * 2**number))
            continue
        for message in effects.told:
            messages.publish(message)
        return result
    raise Unavailable("Too many change the same at once.")
