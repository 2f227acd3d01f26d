"""Tokens that are bound to a state."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import bound_tokens, clock, signing
from tests.kit.conftest import clear_caches

HOUR = timedelta(hours=1)


def test_a_token_permits_its_state_alone() -> None:
    token = bound_tokens.read("reset", bound_tokens.make("reset", "ada", HOUR, "hash", None))
    assert token is not None
    assert token.subject == "ada"
    assert token.permits("hash", None)
    assert not token.permits("hash")
    assert not token.permits("hash", "x")
    assert not token.permits("other", None)


def test_a_token_has_one_purpose() -> None:
    token = bound_tokens.make("reset", "ada", HOUR, "hash")
    assert bound_tokens.read("verify", token) is None
    assert bound_tokens.read("reset", token) is not None


def test_a_token_expires(stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    token = bound_tokens.make("reset", "ada", HOUR, "hash")
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + HOUR - timedelta(seconds=1))
    assert bound_tokens.read("reset", token)
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + HOUR)
    assert bound_tokens.read("reset", token) is None


@given(st.text())
def test_other_text_is_no_token(text: str) -> None:
    assert bound_tokens.read("reset", text) is None


def test_a_token_does_not_show_its_state() -> None:
    content = signing.decode(bound_tokens.make("email", "ada", HOUR, "new@example.com").split(".")[0])
    assert b"new@" not in content


def test_a_token_outlives_a_new_signing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_KEYS", f"k1:{'a' * 16}")
    clear_caches()
    text = bound_tokens.make("reset", "ada", HOUR, "hash")
    monkeypatch.setenv("SIGNING_KEYS", f"k2:{'b' * 16},k1:{'a' * 16}")
    clear_caches()
    token = bound_tokens.read("reset", text)
    assert token
    assert token.permits("hash")
    monkeypatch.undo()
    clear_caches()
