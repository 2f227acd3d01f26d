"""Messages of dunning, for the contexts that write to owners."""

from typing import ClassVar

from pydantic import AwareDatetime

from chalicelib.billing.enums import OwnerType
from chalicelib.kit.messages import Message


class ReminderDue(Message):
    """A dunning notice about a failed payment is due.

    Published at least once per notice. Duplicates of a notice have the same `message_id`.
    """

    topic: ClassVar[str] = "billing-reminder_due"

    owner_type: OwnerType
    owner_id: str
    subscription_id: str
    plan_name: str
    notice_day: int
    """Days since `past_due_since`: 0, 2, 7 or 14."""
    past_due_since: AwareDatetime
    access_until: AwareDatetime | None
    """The time when access ends, unless a payment succeeds."""

    def subjects(self) -> tuple[str, ...]:
        return (f"{self.owner_type}:{self.owner_id}",)
