"""Requests and responses about the accounts of owners and staff."""

from typing import Annotated, Any, Literal, Self

from pydantic import StringConstraints

from chalicelib.kit import clock
from chalicelib.kit.accounts.fields import DisplayName, EmailAddress
from chalicelib.kit.accounts.schemas import SessionCreate
from chalicelib.kit.passwords import Password
from chalicelib.kit.schemas import UNCHANGED, Input, Schema, Timestamp
from chalicelib.platform.models import PlatformUser

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class OwnerCreate(Input):
    """A sign-up. The answer is the same whether the address has an account or not."""

    email: EmailAddress
    password: Password
    display_name: DisplayName
    accept_terms: Literal[True]


class PlatformSessionCreate(SessionCreate):
    """A sign-in of an owner or of staff. `code` is that of the authenticator app, which staff has."""

    code: Code | None = None


class OwnerUpdate(Input):
    """Changes of an owner's profile."""

    display_name: DisplayName = UNCHANGED


class OwnerRead(Schema):
    """The caller's own account."""

    id: str
    email: str
    pending_email: str | None
    display_name: str | None
    created_at: Timestamp

    @classmethod
    def of(cls, row: Any) -> Self:
        """Build the schema from the owner's row."""
        user: PlatformUser = row
        until = user.pending_email_until
        is_pending = until is not None and until > clock.now()
        return cls(
            id=user.id,
            email=user.email,
            pending_email=user.pending_email if is_pending else None,
            display_name=user.display_name,
            created_at=user.created_at,
        )
