"""Owners of stores for the local stack: their accounts are verified without a mail, and have one password."""

from __future__ import annotations

PASSWORD = "a shelf of green lamps"


def find_or_add_owner(email: str, name: str = "Olga") -> str:
    """Return the id of the account with this e-mail; without one, write a verified owner's account."""
    from chalicelib.kit import passwords
    from chalicelib.kit.accounts import rows
    from chalicelib.kit.accounts.sign_up import new_row
    from chalicelib.kit.tables import Transaction
    from chalicelib.platform.enums import UserRole
    from chalicelib.platform.repository.users import USERS
    from chalicelib.platform.service.realm import REALM

    row = rows.find_by_email(USERS, email)
    if row is None:
        columns = {
            "role": UserRole.OWNER,
            "display_name": name,
            "password_hash": passwords.hash_password(PASSWORD),
            "email_verified": True,
        }
        row = new_row(REALM, email, columns)
        with Transaction() as transaction:
            rows.stage_new_account(USERS, transaction, row)
    return row.id
