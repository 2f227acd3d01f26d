"""The realm of the members: what the technique of accounts (`kit/accounts`) needs to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kit.accounts.letters import TEXTS, LetterText, compose_letter
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.realm import AccountMail, Realm
from chalicelib.kit.auth import Role
from chalicelib.kit.passwords import MEMBER_RULES
from chalicelib.kit.unit_of_work import UnitOfWork
from chalicelib.together.models import User
from chalicelib.together.repository.account_rows import MEMBERS
from chalicelib.together.schemas.messages import AccountMailRequested
from chalicelib.together.service import invitations
from chalicelib.together.service.customers import register_member
from chalicelib.together.service.spaces import stage_space

_APP = "Together"
_INVITATION = LetterText(
    "{name} invites you to {app}",
    (
        "{name} would like to use {app} with you. Open this link to see the invitation. It works for 7 days.",
        "If you do not know {name}, ignore this mail.",
    ),
    "See the invitation",
    "You get this mail because {name} entered your address at {app}.",
)


def _stage_verified(unit: UnitOfWork, user: User) -> Mapping[str, Any]:
    """Stage the member's space and return the columns that lead to it."""
    return {"relationship_id": stage_space(unit.transaction, user), "partner_id": None}


def _compose_invitation(user_id: str) -> AccountMail | None:
    """Return the mail of the member's open invitation; None if there is none."""
    mail = invitations.find_invitation_mail(user_id)
    if mail is None:
        return None
    return AccountMail(mail.address, compose_letter(_INVITATION, _APP, mail.inviter, mail.url))


REALM = Realm(
    accounts=MEMBERS,
    app=_APP,
    roles=frozenset({Role.MEMBER}),
    role_of=lambda _: Role.MEMBER,
    password_rules=MEMBER_RULES,
    page_of=lambda _: "/together/app",
    texts={**TEXTS, MailPurpose.INVITE: _INVITATION},
    mail_request=AccountMailRequested,
    activity="last_active_at",
    stage_verified=_stage_verified,
    compose_invitation=_compose_invitation,
    address_columns={"email_failures": 0, "email_off_at": None},
    register_address=register_member,
)
