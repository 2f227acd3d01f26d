"""Messages about the deletion of stores."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime

from chalicelib.kit.messages import Message


class StoreDeletionRequested(Message):
    """Requests `platform-apply_subscription` to end the subscription of a store that is being deleted."""

    queue: ClassVar[str] = "platform-apply_subscription"

    store_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)


class StoreDeleted(Message):
    """A store was deleted and its grace period has ended.

    `retention` erases its data. `deleted_at` is the end of the grace period; it identifies the erasure request, so that
    repeated messages are deduplicated.
    """

    topic: ClassVar[str] = "platform-store_deleted"

    store_id: str
    deleted_at: AwareDatetime

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)
