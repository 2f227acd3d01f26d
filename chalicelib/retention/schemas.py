"""The message in which retention gives itself work."""

from __future__ import annotations

from typing import ClassVar

from chalicelib.kit.messages import Message


class SweepRequested(Message):
    """One segment of a rule's run has rows to look at. Where it stands is in the run's row, not here."""

    queue: ClassVar[str | None] = "retention-archive"

    rule: str
    run: str
    segment: int
