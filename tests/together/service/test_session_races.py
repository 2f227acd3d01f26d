"""Sign-ins, refreshes and password changes at the same time, on real threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.kit import auth, passwords, sessions
from chalicelib.kit.accounts.mail_links import LIFETIMES, MailPurpose, link_state
from chalicelib.kit.auth import Credentials
from chalicelib.kit.errors import Problem
from chalicelib.together.models import User
from chalicelib.together.repository import users
from chalicelib.together.service import password_changes
from chalicelib.together.service import sessions as session_service
from chalicelib.together.service.auth import member
from chalicelib.together.service.sessions import SignIn
from tests.together.accounts import OTHER_PASSWORD, PASSWORD
from tests.together.members import new_member


@pytest.fixture
def ada() -> User:
    return new_member(password_hash=passwords.hash_password(PASSWORD))


def sign_in(user: User, number: int, password: str = PASSWORD) -> str | None:
    """Sign in from an address of its own and return the access token; None if it is refused."""
    try:
        return session_service.sign_in(SignIn(user.email, password, None, None, f"198.51.100.{number}")).access_token
    except Problem:
        return None


def is_accepted(token: str) -> bool:
    try:
        member(Credentials({"authorization": f"Bearer {token}"}, {}, {}, b""))
    except Problem:
        return False
    return True


def reset_link(user: User) -> str:
    from chalicelib.kit import bound_tokens

    purpose = MailPurpose.RESET
    return bound_tokens.make(f"account/{purpose}", user.id, LIFETIMES[purpose], *link_state(purpose, user))


@pytest.mark.slow
def test_50_sign_ins_against_a_reset_leave_no_session_by_the_old_password(ada: User) -> None:
    barrier, link = Barrier(51), reset_link(ada)

    def sign_in_together(number: int) -> str | None:
        barrier.wait()
        return sign_in(ada, number)

    def reset_together() -> None:
        barrier.wait()
        password_changes.reset_password(link, OTHER_PASSWORD)

    with ThreadPoolExecutor(51) as pool:
        reset = pool.submit(reset_together)
        tokens = list(pool.map(sign_in_together, range(50)))
        reset.result()
    assert not [token for token in tokens if token and is_accepted(token)]
    assert sessions.list_sessions(f"member:{ada.id}") == []
    assert sign_in(ada, 60, OTHER_PASSWORD)


def test_a_sign_in_that_checked_the_old_password_fails_after_a_reset(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = reset_link(ada)
    done: list[bool] = []
    verify = passwords.verify_password

    def verify_then_reset(stored: str | None, password: str) -> bool:
        is_match = verify(stored, password)
        if not done:
            done.append(True)
            password_changes.reset_password(link, OTHER_PASSWORD)
        return is_match

    monkeypatch.setattr(passwords, "verify_password", verify_then_reset)
    assert sign_in(ada, 1) is None
    assert sessions.list_sessions(f"member:{ada.id}") == []


def test_a_reset_reads_a_sign_in_that_came_in_between(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link, listed = reset_link(ada), sessions.list_sessions
    tokens: list[str | None] = []

    def list_then_sign_in(subject: str) -> list:
        rows = listed(subject)
        if not tokens:
            tokens.append("")
            tokens.append(sign_in(ada, 1))
        return rows

    monkeypatch.setattr(sessions, "list_sessions", list_then_sign_in)
    password_changes.reset_password(link, OTHER_PASSWORD)
    monkeypatch.undo()
    assert tokens[1]
    assert sessions.list_sessions(f"member:{ada.id}") == []


def test_20_refreshes_of_one_token_have_one_successor(ada: User) -> None:
    tokens = session_service.sign_in(SignIn(ada.email, PASSWORD, None, None, "198.51.100.1"))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: session_service.refresh(str(tokens.refresh_token)), range(20)))
    assert len({answer.refresh_token for answer in answers}) == 1
    assert all(is_accepted(answer.access_token) for answer in answers)


def test_50_parallel_guesses_are_counted(ada: User) -> None:
    barrier = Barrier(50)

    def guess(_: int) -> str:
        barrier.wait()
        try:
            session_service.sign_in(SignIn(ada.email, OTHER_PASSWORD, None, None, "198.51.100.1"))
        except Problem as problem:
            return problem.code
        return "ok"

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(guess, range(50)))
    assert set(outcomes) == {"InvalidCredentials", "TooManyRequests"}
    assert outcomes.count("InvalidCredentials") <= 10


def test_concurrent_sign_ins_leave_20_sessions(ada: User) -> None:
    for number in range(15):
        assert sign_in(ada, number)
    with ThreadPoolExecutor(10) as pool:
        tokens = list(pool.map(lambda number: sign_in(ada, number), range(20, 30)))
    assert all(tokens)
    assert len(sessions.list_sessions(f"member:{ada.id}")) == 20


def test_a_hash_of_other_parameters_is_replaced_at_sign_in(ada: User) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    User(ada.id).update([User.password_hash.set(weak)])
    tokens = session_service.sign_in(SignIn(ada.email, PASSWORD, None, None, "198.51.100.1"))
    row = users.find_user(ada.id)
    assert row
    assert not passwords.needs_rehash(str(row.password_hash))
    again = session_service.sign_in(SignIn(ada.email, PASSWORD, None, tokens.device_token, "198.51.100.1"))
    assert auth.verify(again.access_token, auth.Role.MEMBER).id == ada.id
