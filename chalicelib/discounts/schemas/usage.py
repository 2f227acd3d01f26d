"""The rebuild of a shop's usage: the message to this context's own queue, and the operator's response."""

from __future__ import annotations

from typing import ClassVar

from chalicelib.kit import data_subjects
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Schema


class UsageRecountRequested(Message):
    """Work for `discounts-record_usage`: recount a shop's figures from its orders; `is_check`: without a write."""

    queue: ClassVar[str] = "discounts-record_usage"

    shop: str
    is_check: bool = False

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.app(self.shop, "discounts"),)


class UsageRebuildRead(Schema):
    """A rebuild that was requested; `journal` is the number of the shop's last journal."""

    shop: str
    journal: int
