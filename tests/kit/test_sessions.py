"""Sessions and their refresh tokens."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from chalicelib.kit import clock, ids, sessions, signing
from chalicelib.kit.models import Session
from chalicelib.kit.sessions import RefreshTokenReused, SessionEnded

DAY = timedelta(days=1)
SetAge = Callable[[timedelta], None]


@pytest.fixture
def age(stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch) -> SetAge:
    """Sets the clock to a time after its start."""
    return lambda passed: monkeypatch.setattr(clock, "now", lambda: stopped_clock + passed)


def open_session(subject: str = "member:ada") -> Session:
    session = sessions.new_session(subject, "Phone")
    session.save()
    return session


def use(token: str) -> Session:
    """Use a refresh token as a client does."""
    content = sessions.read_refresh_token(token)
    return sessions.rotate(content, sessions.find_session(content.subject, content.session_id))


def test_the_present_token_rotates() -> None:
    first = sessions.refresh_token(open_session())
    rotated = use(first)
    assert (rotated.generation, sessions.refresh_token(rotated) != first) == (1, True)
    assert use(sessions.refresh_token(rotated)).generation == 2


def test_the_token_before_returns_the_present_one_for_30_seconds(age: SetAge) -> None:
    first = sessions.refresh_token(open_session())
    present = sessions.refresh_token(use(first))
    age(timedelta(seconds=30))
    assert sessions.refresh_token(use(first)) == present
    age(timedelta(seconds=31))
    with pytest.raises(RefreshTokenReused):
        use(first)
    with pytest.raises(SessionEnded):
        use(present)


def test_a_token_two_before_ends_the_session_at_once() -> None:
    session = open_session()
    first = sessions.refresh_token(session)
    use(sessions.refresh_token(use(first)))
    with pytest.raises(RefreshTokenReused) as reuse:
        use(first)
    assert reuse.value.subject == "member:ada"
    assert sessions.list_sessions("member:ada") == []


def test_forged_tokens_and_those_of_another_purpose_are_refused() -> None:
    session = open_session()
    genuine = sessions.refresh_token(session)
    for token in ("", "x", genuine[:-2], signing.sign("cursor", b'["member:ada","x",0]')):
        with pytest.raises(SessionEnded):
            sessions.read_refresh_token(token)
    assert sessions.find_session("member:ada", session.id)


def test_a_token_of_an_ended_session_is_refused() -> None:
    session = open_session()
    sessions.end_sessions([session])
    with pytest.raises(SessionEnded):
        use(sessions.refresh_token(session))


def test_concurrent_refreshes_of_one_token_have_one_successor() -> None:
    session = open_session()
    first = sessions.refresh_token(session)
    with ThreadPoolExecutor(20) as pool:
        successors = {sessions.refresh_token(each) for each in pool.map(lambda _: use(first), range(20))}
    assert len(successors) == 1
    row = sessions.find_session("member:ada", session.id)
    assert row
    assert (row.generation, successors) == (1, {sessions.refresh_token(row)})


def test_a_lost_answer_of_the_rotation_is_no_reuse() -> None:
    session = open_session()
    content = sessions.read_refresh_token(sessions.refresh_token(session))
    rotated = sessions.rotate(content, session)
    assert sessions.rotate(content, session).generation == rotated.generation  # the row as it was read before the write


def test_a_session_ends_after_30_idle_days(age: SetAge) -> None:
    token = sessions.refresh_token(open_session())
    age(29 * DAY)
    token = sessions.refresh_token(use(token))
    age(58 * DAY)
    token = sessions.refresh_token(use(token))
    age(88 * DAY)
    assert sessions.list_sessions("member:ada") == []
    with pytest.raises(SessionEnded):
        use(token)


@pytest.mark.parametrize(
    ("subject", "lifetime"),
    [
        ("member:a", timedelta(days=180)),
        ("owner:a", timedelta(days=90)),
        ("support:a", timedelta(hours=12)),
        ("operator:a", timedelta(hours=12)),
    ],
)
def test_a_session_in_use_ends_after_its_roles_lifetime(age: SetAge, subject: str, lifetime: timedelta) -> None:
    session = open_session(subject)
    steps = -(-lifetime // (20 * DAY))
    for number in range(1, steps):
        age(number * 20 * DAY)
        session = use(sessions.refresh_token(session))
    age(lifetime - timedelta(seconds=1))
    session = use(sessions.refresh_token(session))
    assert session.expires_at <= session.ends_at
    age(lifetime)
    with pytest.raises(SessionEnded):
        use(sessions.refresh_token(session))
    with pytest.raises(SessionEnded):
        sessions.require_open(subject, session.id)


def test_an_open_session_of_the_account_is_required() -> None:
    session = open_session()
    sessions.require_open("member:ada", session.id)
    for subject, session_id in (("member:ben", session.id), ("member:ada", ids.new())):
        with pytest.raises(SessionEnded):
            sessions.require_open(subject, session_id)


def test_the_longest_unused_sessions_are_surplus(age: SetAge) -> None:
    first = open_session()
    for number in range(1, 22):
        age(timedelta(minutes=number))
        open_session()
    age(timedelta(minutes=30))
    use(sessions.refresh_token(first))
    surplus = sessions.surplus_sessions(sessions.list_sessions("member:ada"))
    assert [each.created_at for each in surplus] == sorted(each.created_at for each in surplus)
    assert len(surplus) == 2
    assert first.id not in {each.id for each in surplus}
