"""Messages between together's own jobs. None holds content, an address, a code or a token."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import AwareDatetime

from chalicelib.kit.accounts.mail_requests import AccountMailRequest
from chalicelib.kit.messages import Message


class _OfMember(Message):
    user_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"member:{self.user_id}",)


class NotificationDue(_OfMember):
    """Work for `together-send_notification`: a notice is to be mailed now."""

    queue: ClassVar[str] = "together-send_notification"

    notification_id: str


class AccountMailRequested(_OfMember, AccountMailRequest):
    """Work for `together-send_notification`: a mail about the account. Its token is made when it is sent."""

    queue: ClassVar[str] = "together-send_notification"


class CheckinRecorded(_OfMember):
    """Work for `together-react_to_checkin`: streaks, achievements, the partner's notice and the scores follow."""

    queue: ClassVar[str] = "together-react_to_checkin"

    relationship_id: str
    checkin_date: date


class ScoreRequested(Message):
    """Work for `together-score_day`: the scores of these days are computed."""

    queue: ClassVar[str] = "together-score_day"

    relationship_id: str
    dates: tuple[date, ...]


class IdeaRequested(_OfMember):
    """Work for `together-generate_idea`: a paid idea is generated."""

    queue: ClassVar[str] = "together-generate_idea"

    idea_id: str


class RelationshipSettled(Message):
    """Work for `together-settle_relationship`: a relationship was formed or has ended; credits and notices follow."""

    queue: ClassVar[str] = "together-settle_relationship"

    event_id: str
    relationship_id: str
    former_relationship_ids: tuple[str, ...] = ()


class RowsDeleted(_OfMember):
    """Work for `together-delete_rows`: a member removes their rows of an ended relationship."""

    queue: ClassVar[str] = "together-delete_rows"

    relationship_id: str


class MemberErasureDue(_OfMember):
    """A member deleted their account and did not return: their data is to be erased.

    `closed_at` is when the account was deleted; it names the request, so that a repeated message starts no second one.
    """

    topic: ClassVar[str] = "together-member_erasure_due"

    closed_at: AwareDatetime
