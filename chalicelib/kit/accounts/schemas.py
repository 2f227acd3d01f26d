"""Requests and responses about accounts and sessions that are the same in every context."""

from typing import Any, Self

from pydantic import Field

from chalicelib.kit.accounts.fields import MAX_TOKEN, DeviceName, EmailAddress, MailedTokenText
from chalicelib.kit.models import Session
from chalicelib.kit.passwords import Password
from chalicelib.kit.schemas import Input, Schema, Timestamp


class AccountVerification(Input):
    """The link of the mail and the password: a stranger may have signed up with the address."""

    token: MailedTokenText
    password: Password


class EmailConfirmation(Input):
    """The link of a mail that confirms or undoes a change of the e-mail."""

    token: MailedTokenText


class PasswordResetCreate(Input):
    """A request for a link that sets a new password."""

    email: EmailAddress


class PasswordReset(Input):
    """The link of the mail and the new password."""

    token: MailedTokenText
    password: Password


class PasswordChange(Input):
    """The present and the new password."""

    current_password: Password
    new_password: Password


class EmailChange(Input):
    """A new address, and the password."""

    email: EmailAddress
    password: Password


class AccountDeletion(Input):
    """The password, to delete the account."""

    password: Password


class AccountDeletionRead(Schema):
    """The account is closed. Until `closing_at`, signing in keeps it."""

    closing_at: Timestamp


class SessionCreate(Input):
    """A sign-in. With `cookie`, the tokens are set as cookies; the request then needs the header `X-Backroom`."""

    email: EmailAddress
    password: Password
    device_name: DeviceName | None = None
    device_token: str | None = Field(default=None, max_length=MAX_TOKEN)
    cookie: bool = False


class SessionRefresh(Input):
    """A refresh token; without it, the cookie is read, which needs the header `X-Backroom`."""

    refresh_token: str | None = Field(default=None, max_length=MAX_TOKEN)


class SessionTokensRead(Schema):
    """The tokens of a session. The last two are missing if they were set as cookies."""

    access_token: str
    session_id: str
    refresh_token: str | None = None
    device_token: str | None = None


class SessionRead(Schema):
    """A signed-in device."""

    id: str
    device: str | None
    is_current: bool
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp

    @classmethod
    def of(cls, row: Any, current_id: str | None = None) -> Self:
        """Build the schema from a session's row; `current_id` is the caller's own session."""
        session: Session = row
        return cls(
            id=session.id,
            device=session.device,
            is_current=session.id == current_id,
            created_at=session.created_at,
            last_used_at=session.rotated_at,
            expires_at=session.expires_at,
        )
