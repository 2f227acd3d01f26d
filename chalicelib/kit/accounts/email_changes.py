"""Changes of an account's e-mail: confirmed at the new address, and undone from the former one within 72 hours."""

from __future__ import annotations

from chalicelib.kit import clock, sessions
from chalicelib.kit.accounts import mail_requests, password_guesses, rows, state
from chalicelib.kit.accounts.errors import EmailChangePending, EmailTaken, InvalidLink
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.realm import Realm, SignedIn
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.accounts.sign_up import find_by_link
from chalicelib.kit.errors import Unauthenticated
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

_NO_PENDING = {"pending_email": None, "pending_email_until": None}
_NO_FORMER = {"former_email": None, "former_email_until": None}


def request_change(realm: Realm[R], account: SignedIn[R], email: str, password: str) -> None:
    """Send a link to the new address; the response does not reveal whether another account has it.

    Raises TooManyRequests, WrongPassword, EmailTaken for the account's own address, and EmailChangePending while a
    change can be confirmed or undone.
    """
    password_guesses.check_own_password(account, password)

    def decide(unit: UnitOfWork) -> None:
        row = rows.find_account(realm.accounts, account.id)
        if row is None:
            raise Unauthenticated
        now = clock.now()
        if row.email == email:
            raise EmailTaken("This is your e-mail.")
        if state.is_email_changing(row, now):
            raise EmailChangePending
        pending = {"pending_email": email, "pending_email_until": now + state.CONFIRM}
        changes = state.expired_addresses(row, now) | pending
        rows.stage_account_change(realm.accounts, unit.transaction, row, changes)

    run_unit_of_work(decide)
    mail_requests.request_mail(realm, account.id, MailPurpose.CONFIRM_EMAIL, email)


def apply_link(realm: Realm[R], token: str) -> None:
    """Confirm or undo a change of the e-mail by the link of a mail. Raises InvalidLink, EmailTaken."""
    try:
        confirm_change(realm, token)
    except InvalidLink:
        undo_change(realm, token)


def confirm_change(realm: Realm[R], token: str) -> None:
    """Use the new address; the former one stays reserved while the change can be undone. Raises InvalidLink, EmailTaken."""

    def decide(unit: UnitOfWork) -> None:
        row, now = find_by_link(realm, MailPurpose.CONFIRM_EMAIL, token), clock.now()
        former, email = row.email, row.pending_email
        if email is None or not row.is_active or row.pending_email_until is None or row.pending_email_until <= now:
            raise InvalidLink(errors=[{"path": "body.token", "message": InvalidLink.title}])
        owner_id, _ = rows.find_email_owner(realm.accounts, email)
        if owner_id not in (None, row.id):
            raise EmailTaken
        until = now + state.UNDO
        kept = {"former_email": former, "former_email_until": until}
        changes = {"email": email, **_NO_PENDING, **kept, **realm.address_columns}
        rows.stage_account_change(realm.accounts, unit.transaction, row, changes)
        rows.stage_email_claim(realm.accounts, unit.transaction, email, row.id)
        rows.stage_email_claim(realm.accounts, unit.transaction, former, row.id, until)
        mail_requests.request_mail_of(realm, unit, row.id, MailPurpose.UNDO_EMAIL, former)
        _announce(realm, row, email)

    run_unit_of_work(decide)


def undo_change(realm: Realm[R], token: str) -> None:
    """Restore the former address and end all sessions. Raises InvalidLink."""

    def decide(unit: UnitOfWork) -> None:
        row = find_by_link(realm, MailPurpose.UNDO_EMAIL, token)
        former, email = row.former_email, row.email
        if former is None or row.former_email_until is None or row.former_email_until <= clock.now():
            raise InvalidLink(errors=[{"path": "body.token", "message": InvalidLink.title}])
        changes = {"email": former, **_NO_PENDING, **_NO_FORMER, **realm.address_columns}
        rows.stage_account_change(realm.accounts, unit.transaction, row, changes)
        rows.stage_email_claim(realm.accounts, unit.transaction, former, row.id)
        rows.stage_email_release(realm.accounts, unit.transaction, email, row.id)
        sessions.stage_end(unit.transaction, sessions.list_sessions(realm.subject_of(row)))
        _announce(realm, row, former)

    run_unit_of_work(decide)


def _announce(realm: Realm[R], row: R, email: str) -> None:
    """Give the realm the row with its new address: before the commit, after which the link cannot be used for a retry."""
    setattr(row, "email", email)  # noqa: B010 - the protocol's columns are read-only
    realm.register_address(row)
