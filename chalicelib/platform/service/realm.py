"""The realm of owners and staff: what the technique of accounts (`kit/accounts`) needs to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kit.accounts import rows
from chalicelib.kit.accounts.letters import TEXTS, LetterText, compose_letter
from chalicelib.kit.accounts.mail import link_of
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.realm import AccountMail, Realm
from chalicelib.kit.passwords import STAFF_RULES
from chalicelib.kit.unit_of_work import UnitOfWork
from chalicelib.platform.domain.account_roles import TOKEN_ROLES, page_of
from chalicelib.platform.errors import StoresLeft
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.repository.users import USERS
from chalicelib.platform.schemas.account_messages import AccountMailOrdered
from chalicelib.platform.service import second_factor
from chalicelib.platform.service.store_registration import register_stores

APP = "Backroom"
_INVITATION = LetterText(
    "Your account at {app}",
    (
        "Hello {name}, you were added to the staff of {app}. Open this link to choose your password. It works for one"
        " hour; after that, ask for a new one at the sign-in.",
        "You also need the setup key for your authenticator app. You get it from the person who added you.",
    ),
    "Choose a password",
)


def _stage_verified(_unit: UnitOfWork, _user: PlatformUser) -> Mapping[str, Any]:
    return {}


def _compose_invitation(user_id: str) -> AccountMail | None:
    """Return the mail by which a new member of the staff chooses a password; None if the account is gone."""
    user = rows.find_account(USERS, user_id)
    if user is None or not user.is_active or user.staff_role is None:
        return None
    link = link_of(REALM, user, MailPurpose.RESET)
    return AccountMail(user.email, compose_letter(_INVITATION, APP, user.display_name or user.email, link))


def _require_no_stores(user: PlatformUser) -> None:
    if user.store_count:
        raise StoresLeft


REALM = Realm(
    accounts=USERS,
    app=APP,
    roles=frozenset(TOKEN_ROLES.values()),
    role_of=lambda user: TOKEN_ROLES[user.role],
    password_rules=STAFF_RULES,
    page_of=lambda user: page_of(user.role),
    texts={**TEXTS, MailPurpose.INVITE: _INVITATION},
    mail_request=AccountMailOrdered,
    activity="last_login_at",
    stage_verified=_stage_verified,
    compose_invitation=_compose_invitation,
    register_address=register_stores,
    second_factor=second_factor.check_code,
    require_closable=_require_no_stores,
)
