"""Table of the accounts of owners and staff."""

from __future__ import annotations

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    EnumAttribute,
    IntegerAttribute,
    SecretAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.platform.enums import UserRole


class PlatformUsersByStaffRole(GlobalSecondaryIndex["PlatformUser"]):
    """The accounts of support and admins. Sparse."""

    class Meta:
        index_name = "by_staff_role"
        projection = KeysOnlyProjection()

    staff_role = UnicodeAttribute(personal=False, hash_key=True, null=True)
    id = UnicodeAttribute(personal=True, range_key=True)


class PlatformUsersByClosingOn(GlobalSecondaryIndex["PlatformUser"]):
    """The accounts that end on a date. Sparse."""

    class Meta:
        index_name = "by_closing_on"
        projection = KeysOnlyProjection()

    closing_on = UnicodeAttribute(personal=False, hash_key=True, null=True)
    id = UnicodeAttribute(personal=True, range_key=True)


class PlatformUser(Table):
    """An account of a store owner, a support agent or an admin.

    The unique value of `email` names this row. `password_hash` is a PHC string (argon2id). `totp_step` is the last
    30-second step (RFC 6238) whose code was used. `staff_role` repeats the role of support and admins for the index.
    `pending_email` can be confirmed until `pending_email_until`; `former_email` can undo the change of the address until
    `former_email_until`. `closing_on` is the date on which the account is erased, also of an unverified one.
    """

    class Meta:
        table_name = tables.name("platform", "users")

    by_staff_role = PlatformUsersByStaffRole()
    by_closing_on = PlatformUsersByClosingOn()

    id = UnicodeAttribute(personal=True, hash_key=True)
    email = UnicodeAttribute(personal=True)
    password_hash = UnicodeAttribute(personal=True)
    display_name = UnicodeAttribute(personal=True, null=True)
    role = EnumAttribute(UserRole, personal=False)
    staff_role = UnicodeAttribute(personal=False, null=True)
    email_verified = BooleanAttribute(personal=False, default=False)
    totp_secret = SecretAttribute(personal=True, null=True)
    totp_step = IntegerAttribute(personal=False, null=True)
    is_active = BooleanAttribute(personal=False, default=True)
    store_count = IntegerAttribute(personal=False, default=0)
    pending_email = UnicodeAttribute(personal=True, null=True)
    pending_email_until = DateTimeAttribute(personal=False, null=True)
    former_email = UnicodeAttribute(personal=True, null=True)
    former_email_until = DateTimeAttribute(personal=False, null=True)
    closing_at = DateTimeAttribute(personal=False, null=True)
    closing_on = UnicodeAttribute(personal=False, null=True)
    last_login_at = DateTimeAttribute(personal=True, null=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
