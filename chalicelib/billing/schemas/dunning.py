"""What billing says to those who write to owners."""

from typing import ClassVar

from pydantic import AwareDatetime

from chalicelib.billing.enums import OwnerType
from chalicelib.kit.messages import Message


class ReminderDue(Message):
    """An owner is to be told that a payment failed. At least once per notice; the same notice has the same
    `message_id`, however often it is sent."""

    topic: ClassVar[str] = "billing-reminder_due"

    owner_type: OwnerType
    owner_id: str
    subscription_id: str
    plan_name: str
    notice_day: int
    """0, 2, 7 or 14: days since `past_due_since`."""
    past_due_since: AwareDatetime
    access_until: AwareDatetime | None
    """From then on there is no access, until a payment succeeds."""

    def subjects(self) -> tuple[str, ...]:
        return (f"{self.owner_type}:{self.owner_id}",)
