"""Requests and responses of sign-in and sessions."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.kit.models import Session
from chalicelib.kit.passwords import Password
from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.kit.sessions import MAX_DEVICE
from chalicelib.together.schemas.account_fields import EmailAddress
from chalicelib.together.schemas.text import without_controls

MAX_TOKEN = 2_000

DeviceName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_DEVICE), AfterValidator(without_controls)]


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
