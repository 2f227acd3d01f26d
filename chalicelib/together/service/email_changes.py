"""Changes of a member's e-mail: confirmed at the new address, and undone from the former one within 72 hours."""

from __future__ import annotations

from chalicelib.kit import clock, sessions
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unauthenticated
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import account_state
from chalicelib.together.domain.account_mails import MailPurpose
from chalicelib.together.errors import EmailChangePending, EmailTaken, InvalidLink
from chalicelib.together.repository import account_rows, users
from chalicelib.together.service import account_mail_orders, customers, password_guesses
from chalicelib.together.service.accounts import find_by_link
from chalicelib.together.service.auth import Member


def request_change(member: Member, email: str, password: str) -> None:
    """Send a link to the new address; the response does not reveal whether another account has it.

    Raises TooManyRequests, WrongPassword, EmailTaken for the member's own address, and EmailChangePending while a
    change can be confirmed or undone.
    """
    password_guesses.check_own_password(member, password)

    def decide(unit: UnitOfWork) -> None:
        row = users.find_user(member.id)
        if row is None:
            raise Unauthenticated
        now = clock.now()
        if row.email == email:
            raise EmailTaken("This is your e-mail.")
        if account_state.is_email_changing(row, now):
            raise EmailChangePending
        pending = {"pending_email": email, "pending_email_until": now + account_state.CONFIRM}
        account_rows.stage_user_change(unit.transaction, row, account_state.expired_addresses(row, now) | pending)

    run_unit_of_work(decide)
    account_mail_orders.request_mail(member.id, MailPurpose.CONFIRM_EMAIL, email)


def apply_link(token: str) -> None:
    """Confirm or undo a change of the e-mail by the link of a mail. Raises InvalidLink, EmailTaken."""
    try:
        confirm_change(token)
    except InvalidLink:
        undo_change(token)


def confirm_change(token: str) -> None:
    """Use the new address; the former one stays reserved while the change can be undone. Raises InvalidLink, EmailTaken."""

    def decide(unit: UnitOfWork) -> None:
        row, now = find_by_link(MailPurpose.CONFIRM_EMAIL, token), clock.now()
        former, email = row.email, row.pending_email
        if email is None or not row.is_active or row.pending_email_until is None or row.pending_email_until <= now:
            raise InvalidLink(errors=[{"path": "body.token", "message": InvalidLink.title}])
        owner_id, _ = account_rows.find_email_owner(email)
        if owner_id not in (None, row.id):
            raise EmailTaken
        until = now + account_state.UNDO
        changes = {
            "email": email,
            "pending_email": None,
            "pending_email_until": None,
            "former_email": former,
            "former_email_until": until,
            "email_failures": 0,
            "email_off_at": None,
        }
        account_rows.stage_user_change(unit.transaction, row, changes)
        account_rows.stage_email_claim(unit.transaction, email, row.id)
        account_rows.stage_email_claim(unit.transaction, former, row.id, until)
        account_mail_orders.request_mail_of(unit, row.id, MailPurpose.UNDO_EMAIL, former)
        row.email = email
        customers.register_member(row)  # before the commit, after which the link cannot be used for a retry

    run_unit_of_work(decide)


def undo_change(token: str) -> None:
    """Restore the former address and end all sessions. Raises InvalidLink."""

    def decide(unit: UnitOfWork) -> None:
        row = find_by_link(MailPurpose.UNDO_EMAIL, token)
        former, email = row.former_email, row.email
        if former is None or row.former_email_until is None or row.former_email_until <= clock.now():
            raise InvalidLink(errors=[{"path": "body.token", "message": InvalidLink.title}])
        changes = {
            "email": former,
            "former_email": None,
            "former_email_until": None,
            "pending_email": None,
            "pending_email_until": None,
            "email_failures": 0,
            "email_off_at": None,
        }
        account_rows.stage_user_change(unit.transaction, row, changes)
        account_rows.stage_email_claim(unit.transaction, former, row.id)
        account_rows.stage_email_release(unit.transaction, email, row.id)
        sessions.stage_end(unit.transaction, sessions.list_sessions(f"{Role.MEMBER}:{row.id}"))
        row.email = former
        customers.register_member(row)  # before the commit, as above

    run_unit_of_work(decide)
