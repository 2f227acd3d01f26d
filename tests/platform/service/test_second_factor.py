"""The second factor of staff: needed in live stages, each code once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from chalicelib.kit import ids, one_time_codes, secrets
from chalicelib.kit.accounts.errors import CodeRequired, InvalidCode, SecondFactorMissing
from chalicelib.platform.domain.sealed_columns import totp_context
from chalicelib.platform.enums import UserRole
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.service.second_factor import check_code
from tests.kit.conftest import production_settings

__all__ = ["production_settings"]

NOW = datetime(2031, 3, 12, 12, tzinfo=UTC)


@pytest.fixture
def secret() -> str:
    return one_time_codes.new_secret()


def admin(secret: str | None, step: int | None = None) -> PlatformUser:
    user_id = ids.new()
    sealed = secrets.encrypt(secret, totp_context(user_id)) if secret else None
    return PlatformUser(user_id, role=UserRole.ADMIN, totp_secret=sealed, totp_step=step)


def test_a_code_gives_the_step_that_voids_it(secret: str) -> None:
    code, step = pyotp.TOTP(secret).at(NOW), int(NOW.timestamp()) // 30
    assert check_code(admin(secret), code, NOW) == {"totp_step": step}
    assert check_code(admin(secret, step - 1), code, NOW) == {"totp_step": step}
    with pytest.raises(InvalidCode):
        check_code(admin(secret, step), code, NOW)


def test_an_earlier_code_is_refused_after_a_later_one(secret: str) -> None:
    earlier = pyotp.TOTP(secret).at(NOW - timedelta(seconds=30))
    with pytest.raises(InvalidCode):
        check_code(admin(secret, int(NOW.timestamp()) // 30), earlier, NOW)


def test_an_account_with_a_secret_needs_a_code_in_every_stage(secret: str) -> None:
    for code in (None, ""):
        with pytest.raises(CodeRequired):
            check_code(admin(secret), code, NOW)


def test_staff_without_a_secret_signs_in_on_the_local_stack() -> None:
    assert check_code(admin(None), None, NOW) == {}


@pytest.mark.parametrize("role", [UserRole.ADMIN, UserRole.SUPPORT])
def test_staff_without_a_secret_does_not_sign_in_to_a_live_stage(production_settings: None, role: UserRole) -> None:
    with pytest.raises(SecondFactorMissing):
        check_code(PlatformUser(ids.new(), role=role), None, NOW)


def test_an_owner_needs_no_code_in_a_live_stage(production_settings: None) -> None:
    assert check_code(PlatformUser(ids.new(), role=UserRole.OWNER), None, NOW) == {}
