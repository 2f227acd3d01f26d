"""Auth verifier of the members' endpoints: the access token, its session and the member's row, with one read."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.kit import auth, clock
from chalicelib.kit.accounts import rows
from chalicelib.kit.auth import Credentials, Role, security
from chalicelib.kit.errors import Unauthenticated
from chalicelib.together.models import User
from chalicelib.together.repository.account_rows import MEMBERS


@dataclass(frozen=True, slots=True)
class Member:
    """A signed-in member with their row. `session_id` is None for a token of the operator's command."""

    id: str
    session_id: str | None
    user: User = field(repr=False)

    @property
    def subject(self) -> str:
        return f"{Role.MEMBER}:{self.id}"


@security("accessToken", type="http", scheme="bearer", bearerFormat="JWT")
def member(credentials: Credentials) -> Member:
    """Return the member of the access token. Raises Unauthenticated if the token, session or account is not active."""
    account = auth.verify(credentials.bearer(), Role.MEMBER)
    user, session = rows.get_signed_in(MEMBERS, account.subject, account.session_id, account.id)
    if not user.is_active or not user.email_verified or (session is not None and session.expires_at <= clock.now()):
        raise Unauthenticated("The session has ended; sign in again.")
    return Member(account.id, account.session_id, user)
