"""Sign-up of owners, and the end of their accounts."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import messages
from chalicelib.kit.accounts import deletion, password_guesses, sign_up
from chalicelib.kit.accounts.schemas import AccountDeletionRead
from chalicelib.kit.accounts.sign_up import SignUp
from chalicelib.platform.enums import UserRole
from chalicelib.platform.errors import SignUpClosed
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.schemas import settings as setting_schemas
from chalicelib.platform.schemas.account_messages import OwnerErasureDue
from chalicelib.platform.schemas.accounts import OwnerCreate
from chalicelib.platform.service import settings
from chalicelib.platform.service.auth import Owner
from chalicelib.platform.service.realm import REALM


def sign_up_owner(request: OwnerCreate, source_ip: str) -> None:
    """Create an owner's account that its mail verifies, or mail the owner of the address.

    Raises SignUpClosed if the setting `sign_up` says so, InvalidPassword, TooManyRequests.
    """
    if not settings.read_setting(setting_schemas.SignUp).is_open:
        raise SignUpClosed
    columns = {"role": UserRole.OWNER}
    sign_up.sign_up(REALM, SignUp(request.email, request.password, request.display_name, columns), source_ip)


def close_owner(owner: Owner, password: str) -> AccountDeletionRead:
    """Close the account and end its sessions. Raises TooManyRequests, WrongPassword, and StoresLeft while it has stores."""
    password_guesses.check_own_password(owner, password)
    return deletion.close_account(REALM, owner)


def expire_owners(due: datetime) -> int:
    """Remove accounts that were not verified, and request the erasure of closed ones; return how many were due.

    Raises RuntimeError at the end if some failed.
    """
    return deletion.expire_accounts(REALM, due, _request_erasure)


def _request_erasure(user: PlatformUser, closed_at: datetime) -> None:
    messages.publish(OwnerErasureDue(user_id=user.id, closed_at=closed_at))
