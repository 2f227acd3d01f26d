"""Who is calling. Verifiers are callables from the caller's credentials to a principal; ours check our own tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import jwt

from chalicelib.kit import clock, config, ids, signing
from chalicelib.kit.errors import Forbidden, Unauthenticated

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows of its caller: lower-case headers, every value of each query parameter, path, raw body."""

    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    path: Mapping[str, str]
    raw_body: bytes

    def bearer(self) -> str:
        """The token of the Authorization header. Raises Unauthenticated where there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send `Authorization: Bearer …`.", headers={"WWW-Authenticate": "Bearer"})
        return token.strip()


class Principal(Protocol):
    """Whoever was verified; `subject` names them in cursors and idempotency records, and in logs unless `tenant` does."""

    @property
    def subject(self) -> str: ...


def security(name: str, /, **scheme: str) -> Callable[[V], V]:
    """Give a verifier the name and the OpenAPI security scheme that describe it."""

    def mark(verifier: V) -> V:
        verifier.__dict__["scheme"] = (name, scheme)
        return verifier

    return mark


class Role(StrEnum):
    """Whom our own tokens stand for."""

    MEMBER = "member"
    STORE_OWNER = "store"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Account:
    """A verified member, store (its owner) or operator; `id` is the member's, the store's or the operator's."""

    role: Role
    id: str

    @property
    def subject(self) -> str:
        return f"{self.role}:{self.id}"


LIFETIME = timedelta(minutes=15)


def mint(role: Role, account_id: str, lifetime: timedelta = LIFETIME) -> str:
    """A short-lived access token (JWT, HS256). Members get none from here in an account: they sign in.

    Raises Forbidden for a member's token where the stage is live.
    """
    if role is Role.MEMBER and config.settings().is_live:
        raise Forbidden("Members sign in; no token is minted for them in a live stage.")
    key_id, key = signing.key("access-token")
    now = clock.now()
    claims = {
        "iss": config.settings().namespace,
        "aud": role.value,
        "sub": account_id,
        "iat": now,
        "exp": now + lifetime,
        "jti": ids.new(),
    }
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": key_id})


def verify(token: str, *roles: Role) -> Account:
    """The account a token stands for. Raises Unauthenticated for a bad or expired one, Forbidden for another role."""
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
        raise Unauthenticated("The access token is not valid.", headers={"WWW-Authenticate": "Bearer"}) from error
    account = Account(Role(claims["aud"]), claims["sub"])
    if account.role not in roles:
        raise Forbidden(f"This is for {' and '.join(roles)} accounts.")
    return account


def accepts(*roles: Role) -> Callable[[Credentials], Account]:
    """A verifier of our own tokens that lets these roles in."""

    @security("accessToken", type="http", scheme="bearer", bearerFormat="JWT")
    def verifier(credentials: Credentials) -> Account:
        return verify(credentials.bearer(), *roles)

    return verifier


operator = accepts(Role.OPERATOR)
member = accepts(Role.MEMBER)
store_owner = accepts(Role.STORE_OWNER)
