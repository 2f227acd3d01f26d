"""Accounts of support and admins, which an operator's command adds and removes."""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import one_time_codes, passwords, secrets, sessions
from chalicelib.kit.accounts import mail_requests, rows
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.sign_up import new_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain.account_roles import STAFF
from chalicelib.platform.domain.sealed_columns import totp_context
from chalicelib.platform.enums import UserRole
from chalicelib.platform.errors import StaffAccount, StaffNotFound
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.repository.users import USERS
from chalicelib.platform.service.realm import REALM


@dataclass(frozen=True, slots=True)
class StaffSetup:
    """A new account of the staff. `totp_secret` and `totp_uri` are shown once, to the person who added it."""

    user_id: str
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)


def add_staff(email: str, role: UserRole, name: str) -> StaffSetup:
    """Add an account of the staff, mail a link by which it gets a password, and return its new TOTP secret.

    Repeated for an account of the staff it replaces role, name, secret and password and ends its sessions: so a lost
    phone is replaced. Raises StaffAccount if the address belongs to an owner.
    """
    secret = one_time_codes.new_secret()
    password_hash = passwords.hash_password(random.token_urlsafe(32))

    def decide(unit: UnitOfWork) -> PlatformUser:
        row = rows.find_by_email(USERS, email)
        if row is None:
            row = new_row(REALM, email, _columns(role, name, password_hash))
            row.totp_secret = _sealed(row, secret)
            rows.stage_new_account(USERS, unit.transaction, row)
            return row
        if row.role not in STAFF:
            raise StaffAccount
        changes = {**_columns(role, name, password_hash), "totp_secret": _sealed(row, secret), "totp_step": None}
        rows.stage_account_change(USERS, unit.transaction, row, changes)
        sessions.stage_end(unit.transaction, sessions.list_sessions(REALM.subject_of(row)))
        return row

    user = run_unit_of_work(decide)
    mail_requests.request_mail(REALM, user.id, MailPurpose.INVITE, email)
    return StaffSetup(user.id, secret, one_time_codes.setup_uri(secret, email))


def remove_staff(email: str) -> str:
    """Deactivate an account of the staff, end its sessions, and return its id. Raises StaffNotFound."""

    def decide(unit: UnitOfWork) -> PlatformUser:
        row = rows.find_by_email(USERS, email)
        if row is None or row.role not in STAFF:
            raise StaffNotFound
        changes = {"is_active": False, "totp_secret": None, "staff_role": None}
        rows.stage_account_change(USERS, unit.transaction, row, changes)
        sessions.stage_end(unit.transaction, sessions.list_sessions(REALM.subject_of(row)))
        return row

    return run_unit_of_work(decide).id


def _columns(role: UserRole, name: str, password_hash: str) -> dict[str, Any]:
    """Return the columns of an account of the staff; its password is unknown until the mailed link sets one."""
    return {
        "role": role,
        "staff_role": role.value,
        "display_name": name,
        "password_hash": password_hash,
        "email_verified": True,
        "is_active": True,
    }


def _sealed(row: PlatformUser, secret: str) -> str:
    return secrets.encrypt(secret, totp_context(row.id))
