"""What each state of an account permits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kit import ids
from chalicelib.kit.accounts import state
from chalicelib.platform.models import PlatformUser

NOW = datetime(2031, 3, 12, 12, tzinfo=UTC)
EMAIL = "olga@example.com"


def account(**columns: Any) -> PlatformUser:
    """Return a verified account; other columns may be given."""
    known: dict[str, Any] = {"email": EMAIL, "email_verified": True, "password_hash": "$argon2id$"}
    return PlatformUser(ids.new(), **(known | columns))


@pytest.mark.parametrize(
    ("columns", "may_sign_in"),
    [
        ({}, True),
        ({"email": "new@example.com", "former_email": EMAIL}, False),
        ({"email_verified": False}, False),
        ({"password_hash": None}, False),
        ({"is_active": False}, False),
        ({"is_active": False, "closing_at": NOW}, True),
        ({"is_active": False, "closing_at": NOW, "password_hash": None}, False),
    ],
    ids=str,
)
def test_only_an_active_or_closing_account_signs_in(columns: dict[str, Any], may_sign_in: bool) -> None:
    assert state.can_sign_in(account(**columns), EMAIL) is may_sign_in


def test_a_sign_in_keeps_a_closing_account() -> None:
    closing = account(**state.closing_columns(NOW))
    kept = {"is_active": True, "closing_at": None, "closing_on": None}
    assert state.signed_in_changes(closing, NOW) == kept
    assert state.signed_in_changes(account(), NOW) == {}


@pytest.mark.parametrize(("seconds", "is_dropped"), [(-1, True), (0, True), (1, False)])
def test_an_address_that_expired_is_dropped_at_the_sign_in(seconds: int, is_dropped: bool) -> None:
    until = NOW + timedelta(seconds=seconds)
    row = account(pending_email="new@example.com", pending_email_until=until)
    assert state.expired_addresses(row, NOW) == (
        {"pending_email": None, "pending_email_until": None} if is_dropped else {}
    )
    assert state.is_email_changing(row, NOW) is not is_dropped
    assert state.is_email_changing(account(former_email="x", former_email_until=until), NOW) is not is_dropped


def test_a_closed_account_ends_on_the_date_in_7_days() -> None:
    assert state.closing_columns(NOW) == {
        "is_active": False,
        "closing_at": NOW + timedelta(days=7),
        "closing_on": "2031-03-19",
    }
