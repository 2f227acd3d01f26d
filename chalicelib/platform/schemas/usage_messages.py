"""Messages of the stores' usage, to the worker that measures a store."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime, Field

from chalicelib.kit.messages import Message


class UsageRollUpRequested(Message):
    """Requests `platform-measure_store` to compute these hours of a store and their days."""

    queue: ClassVar[str] = "platform-measure_store"

    store_id: str
    hours: tuple[AwareDatetime, ...]

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)


class CensusRequested(Message):
    """Work for `platform-measure_store`: the rows of a store's database are counted.

    `drift` has the differences that earlier attempts agree on, by counter; None at the first attempt. `usage_month` is the
    month (`YYYY-MM`) that the counters were of.
    """

    queue: ClassVar[str] = "platform-measure_store"

    store_id: str
    attempt: int = 1
    drift: dict[str, int] | None = Field(default=None)
    usage_month: str | None = None

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)
