"""Fixtures of together."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from chalicelib.together.models import User
from infra.local.engine import Engine
from tests.together.accounts import Drain, Mailbox
from tests.together.clocks import MovedClock
from tests.together.mailing import Clock
from tests.together.members import MemberClient

As = Callable[[User], MemberClient]


@pytest.fixture
def acting(api: httpx2.Client) -> As:
    """Returns a client that acts as a member."""
    return lambda user: MemberClient(api, user.id)


@pytest.fixture
def moving_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Our clock, which stands at noon of a day of 2031 until the test moves it."""
    return Clock(monkeypatch)


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """A clock that the test moves, for calls of services."""
    return MovedClock(monkeypatch)


@pytest.fixture
def mailbox(engine: Engine, drain: Drain) -> Mailbox:
    """The mails that SES took."""
    return Mailbox(engine, drain)
