"""Authentication. A verifier is a callable from a request's credentials to a principal; ours verify our own tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import jwt

from chalicelib.kit import clock, config, ids, sessions, signing
from chalicelib.kit.errors import Forbidden, Unauthenticated

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Credentials:
    """The parts of a request that a verifier reads: lower-case headers, all query values, path parameters, raw body."""

    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    path: Mapping[str, str]
    raw_body: bytes
    source_ip: str = field(default="", repr=False)
    """The caller's address as API Gateway saw it; a header can be forged. Personal: never log or store it."""

    def bearer(self) -> str:
        """Return the bearer token of the Authorization header. Raises Unauthenticated if it has none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send `Authorization: Bearer …`.", headers={"WWW-Authenticate": "Bearer"})
        return token.strip()


class Principal(Protocol):
    """A verified caller. `subject` identifies it in cursors and idempotency records; logs use `tenant` if it has one."""

    @property
    def subject(self) -> str: ...


def security(name: str, /, **scheme: str) -> Callable[[V], V]:
    """Return a decorator that gives a verifier its name and OpenAPI security scheme."""

    def mark(verifier: V) -> V:
        verifier.__dict__["scheme"] = (name, scheme)
        return verifier

    return mark


class Role(StrEnum):
    """The audience of one of our own access tokens."""

    MEMBER = "member"
    OWNER = "owner"
    """An owner of stores. For one store they get a `store` token."""
    STORE_OWNER = "store"
    OPERATOR = "operator"
    SUPPORT = "support"
    """May read what an operator may read, and change nothing."""


@dataclass(frozen=True, slots=True)
class Account:
    """A verified member, owner, store, operator or support agent, with its id."""

    role: Role
    id: str
    session_id: str | None = None
    """The session that the token belongs to; None for a token that was minted without one."""
    actor: str | None = None
    """For a store's token: the subject of the owner who uses it, whose session it is (RFC 8693, 4.1: `act`)."""

    @property
    def subject(self) -> str:
        return f"{self.role}:{self.id}"


LIFETIME = timedelta(minutes=15)


def mint(role: Role, account_id: str, lifetime: timedelta = LIFETIME, session_id: str | None = None) -> str:
    """Return a short-lived access token (JWT, HS256), of a session if one is given.

    Raises Forbidden without a session in a live stage: everybody signs in there.
    """
    return _encode(Account(role, account_id, session_id), lifetime)


def mint_store_token(store_id: str, owner: Account) -> str:
    """Return an access token for a store, which belongs to the session of its owner.

    Raises Forbidden if the owner's token has no session in a live stage.
    """
    return _encode(Account(Role.STORE_OWNER, store_id, owner.session_id, owner.subject), LIFETIME)


def _encode(account: Account, lifetime: timedelta) -> str:
    if account.session_id is None and config.settings().is_live:
        raise Forbidden("Accounts sign in; tokens cannot be minted for them.")
    key_id, key = signing.key("access-token")
    now = clock.now()
    claims: dict[str, Any] = {
        "iss": config.settings().namespace,
        "aud": account.role.value,
        "sub": account.id,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "jti": ids.new(),
    }
    if account.session_id:
        claims["sid"] = account.session_id
    if account.actor:
        claims["act"] = {"sub": account.actor}
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": key_id})


def verify(token: str, *roles: Role) -> Account:
    """Return the account of a token. It does not read the session; `verify_session` does.

    Raises Unauthenticated if it is invalid or expired, or without a session in a live stage; Forbidden for other roles.
    """
    try:
        key = signing.keys("access-token")[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            audience=[role.value for role in Role],
            issuer=config.settings().namespace,
            options={"require": ["iss", "aud", "sub", "iat", "exp", "jti"]},
        )
    except (jwt.InvalidTokenError, KeyError) as error:
        raise Unauthenticated(
            "The access token is invalid or expired.", headers={"WWW-Authenticate": "Bearer"}
        ) from error
    account = Account(Role(claims["aud"]), claims["sub"], claims.get("sid"), claims.get("act", {}).get("sub"))
    if account.role not in roles:
        raise Forbidden(f"Only {' and '.join(roles)} accounts may do this.")
    if account.session_id is None and config.settings().is_live:
        raise Unauthenticated("The access token belongs to no session; sign in.")
    return account


def verify_session(token: str, *roles: Role) -> Account:
    """Return the account of a token whose session, if it has one, is open: with one read.

    The session of a store's token is its owner's. Raises what `verify` raises, and SessionEnded.
    """
    account = verify(token, *roles)
    if account.session_id is not None:
        sessions.require_open(account.actor or account.subject, account.session_id)
    return account


def accepts(*roles: Role) -> Callable[[Credentials], Account]:
    """Return a verifier of our own tokens that accepts these roles and reads the token's session."""

    @security("accessToken", type="http", scheme="bearer", bearerFormat="JWT")
    def verifier(credentials: Credentials) -> Account:
        return verify_session(credentials.bearer(), *roles)

    return verifier


operator = accepts(Role.OPERATOR)
support = accepts(Role.OPERATOR, Role.SUPPORT)
"""For operator routes that change nothing."""
member = accepts(Role.MEMBER)
owner = accepts(Role.OWNER)
owner_or_operator = accepts(Role.OWNER, Role.OPERATOR)
"""For routes of owners that operators may use as well, and that change something."""
owner_or_support = accepts(Role.OWNER, Role.OPERATOR, Role.SUPPORT)
"""For the same routes where they change nothing."""
store_owner = accepts(Role.STORE_OWNER)
