"""Our own bearer tokens: which are accepted, and every reason for refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest

from chalicelib.kit import auth, clock, config, sessions, signing
from chalicelib.kit.auth import Account, Credentials, Role
from chalicelib.kit.errors import Forbidden, Unauthenticated


def account_of(header: str) -> Credentials:
    return Credentials({"authorization": header}, {}, {}, b"")


@pytest.mark.parametrize(
    ("role", "verifier", "subject"),
    [
        (Role.MEMBER, auth.member, "member:1"),
        (Role.OWNER, auth.owner, "owner:1"),
        (Role.OWNER, auth.owner_or_operator, "owner:1"),
        (Role.OPERATOR, auth.owner_or_operator, "operator:1"),
        (Role.SUPPORT, auth.owner_or_support, "support:1"),
        (Role.STORE_OWNER, auth.store_owner, "store:1"),
        (Role.OPERATOR, auth.operator, "operator:1"),
        (Role.OPERATOR, auth.support, "operator:1"),
        (Role.SUPPORT, auth.support, "support:1"),
    ],
)
def test_a_token_identifies_an_account(role: Role, verifier: Callable[[Credentials], Account], subject: str) -> None:
    account = verifier(account_of(f"bearer {auth.mint(role, '1')}"))
    assert (account.role, account.id, account.subject) == (role, "1", subject)


def test_another_role_is_forbidden_not_unknown() -> None:
    with pytest.raises(Forbidden):
        auth.operator(account_of(f"Bearer {auth.mint(Role.MEMBER, '1')}"))
    with pytest.raises(Forbidden):
        auth.operator(account_of(f"Bearer {auth.mint(Role.SUPPORT, '1')}"))
    with pytest.raises(Forbidden):
        auth.support(account_of(f"Bearer {auth.mint(Role.STORE_OWNER, '1')}"))
    with pytest.raises(Forbidden):
        auth.owner_or_operator(account_of(f"Bearer {auth.mint(Role.SUPPORT, '1')}"))
    with pytest.raises(Forbidden):
        auth.store_owner(account_of(f"Bearer {auth.mint(Role.OWNER, '1')}"))
    both = auth.accepts(Role.MEMBER, Role.OPERATOR)
    assert both(account_of(f"Bearer {auth.mint(Role.MEMBER, '1')}")).role is Role.MEMBER


def test_an_expired_token_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        auth.verify(auth.mint(Role.MEMBER, "1", timedelta(seconds=-1)), Role.MEMBER)


def forge_token(**changes: Any) -> str:
    """Return a token like ours with other claims (None: omitted), `key`, `algorithm` or `kid`."""
    key_id, key = signing.key("access-token")
    now = clock.now()
    claims = {
        "iss": config.settings().namespace,
        "aud": "member",
        "sub": "1",
        "iat": now,
        "exp": now + timedelta(minutes=1),
        "jti": "x",
    }
    headers = {"kid": changes.pop("kid", key_id)}
    key, algorithm = changes.pop("key", key), changes.pop("algorithm", "HS256")
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def test_the_test_forger_can_sign_a_valid_token() -> None:
    assert auth.verify(forge_token(), Role.MEMBER) == Account(Role.MEMBER, "1")


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"x" * 32},
        {"algorithm": "none", "key": None},
        {"algorithm": "HS512"},
        {"kid": "unknown"},
        {"iss": "someone-else"},
        {"aud": "admin"},
        *({claim: None} for claim in ("iss", "aud", "sub", "iat", "exp", "jti")),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:The HMAC key is")
def test_forged_tokens_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        auth.verify(forge_token(**changes), Role.MEMBER)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", jwt.encode({}, "k" * 32)])
def test_other_text_is_not_a_token(token: str) -> None:
    with pytest.raises(Unauthenticated):
        auth.verify(token, Role.MEMBER)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "token"])
def test_a_header_without_a_token_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated) as error:
        account_of(header).bearer()
    assert error.value.headers == {"WWW-Authenticate": "Bearer"}


def test_a_cursors_key_cannot_sign_a_token() -> None:
    _, key = signing.key("cursor")
    with pytest.raises(Unauthenticated):
        auth.verify(forge_token(key=key), Role.MEMBER)


@pytest.mark.parametrize("role", Role)
def test_nobody_gets_a_token_without_a_session_in_a_live_stage(production_settings: None, role: Role) -> None:
    with pytest.raises(Forbidden):
        auth.mint(role, "1")


@pytest.mark.parametrize("role", Role)
def test_a_live_stage_refuses_a_token_without_a_session(production_settings: None, role: Role) -> None:
    with pytest.raises(Unauthenticated):
        auth.verify(forge_token(aud=role.value), role)
    assert auth.verify(auth.mint(role, "1", session_id="s"), role).session_id == "s"


def test_a_stores_token_belongs_to_the_session_of_its_owner() -> None:
    session = sessions.new_session("owner:1", None)
    session.save()
    token = auth.mint_store_token("a-store", Account(Role.OWNER, "1", session.id))
    account = auth.store_owner(account_of(f"Bearer {token}"))
    assert (account.subject, account.session_id, account.actor) == ("store:a-store", session.id, "owner:1")
    sessions.end_sessions([session])
    with pytest.raises(Unauthenticated):
        auth.store_owner(account_of(f"Bearer {token}"))
    assert auth.verify(token, Role.STORE_OWNER).id == "a-store"  # the data API reads no session


def test_a_verifier_reads_the_session_of_the_token() -> None:
    session = sessions.new_session("member:1", None)
    session.save()
    token = account_of(f"Bearer {auth.mint(Role.MEMBER, '1', session_id=session.id)}")
    assert auth.member(token).session_id == session.id
    stranger = account_of(f"Bearer {auth.mint(Role.MEMBER, '2', session_id=session.id)}")
    with pytest.raises(Unauthenticated):
        auth.member(stranger)
    sessions.end_sessions([session])
    with pytest.raises(Unauthenticated):
        auth.member(token)


def test_a_token_of_another_stage_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    token = auth.mint(Role.OPERATOR, "1")
    monkeypatch.setenv("TABLE_PREFIX", "other")
    config.forget_settings()
    with pytest.raises(Unauthenticated):
        auth.verify(token, Role.OPERATOR)
