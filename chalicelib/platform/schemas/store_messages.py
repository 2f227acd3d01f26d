"""Messages about the deletion of stores."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime

from chalicelib.kit.messages import Message


class StoreDeletionRequested(Message):
    """Work for `platform-apply_subscription`: the subscription of a store that is being deleted is to end."""

    queue: ClassVar[str] = "platform-apply_subscription"

    store_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)


class StoreDeleted(Message):
    """A store was deleted and its grace is over: what is left of it is to be erased.

    `deleted_at` is when the grace ended; it names the request, so that a repeated message starts no second one.
    """

    topic: ClassVar[str] = "platform-store_deleted"

    store_id: str
    deleted_at: AwareDatetime

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)
