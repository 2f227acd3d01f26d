"""Messages about accounts of owners and staff. None holds an address or a token."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime

from chalicelib.kit.accounts.mail_requests import AccountMailRequest
from chalicelib.kit.messages import Message


class AccountMailOrdered(AccountMailRequest):
    """Work for `platform-send_account_mail`: a mail about an account. Its token is made when it is sent."""

    queue: ClassVar[str] = "platform-send_account_mail"

    def subjects(self) -> tuple[str, ...]:
        return (f"owner:{self.user_id}",)


class OwnerErasureDue(Message):
    """An owner deleted their account and did not return: their data is to be erased.

    `closed_at` is when the account was deleted; it names the request, so that a repeated message starts no second one.
    """

    topic: ClassVar[str] = "platform-owner_erasure_due"

    user_id: str
    closed_at: AwareDatetime

    def subjects(self) -> tuple[str, ...]:
        return (f"owner:{self.user_id}",)
