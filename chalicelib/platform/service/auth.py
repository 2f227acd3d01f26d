"""Auth verifier of the routes about an owner's own account: access token, session and account row, with one read."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.kit import auth, clock
from chalicelib.kit.accounts import rows
from chalicelib.kit.auth import Credentials, Role, security
from chalicelib.kit.errors import Unauthenticated
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.repository.users import USERS


@dataclass(frozen=True, slots=True)
class Owner:
    """A signed-in owner with their row. `session_id` is None for a token without a session."""

    id: str
    session_id: str | None
    user: PlatformUser = field(repr=False)

    @property
    def subject(self) -> str:
        return f"{Role.OWNER}:{self.id}"


@security("accessToken", type="http", scheme="bearer", bearerFormat="JWT")
def account_owner(credentials: Credentials) -> Owner:
    """Return the owner of the access token. Raises Unauthenticated if the token, session or account is not active."""
    account = auth.verify(credentials.bearer(), Role.OWNER)
    user, session = rows.get_signed_in(USERS, account.subject, account.session_id, account.id)
    if not user.is_active or not user.email_verified or (session is not None and session.expires_at <= clock.now()):
        raise Unauthenticated("The session has ended; sign in again.")
    return Owner(account.id, account.session_id, user)
