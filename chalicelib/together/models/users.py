"""Table of the members' accounts."""

from __future__ import annotations

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.together.enums import LoveLanguage


class UsersByClosingOn(GlobalSecondaryIndex["User"]):
    """The accounts that are erased on a date. Sparse."""

    class Meta:
        index_name = "by_closing_on"
        projection = KeysOnlyProjection()

    closing_on = UnicodeAttribute(personal=False, hash_key=True, null=True)
    id = UnicodeAttribute(personal=True, range_key=True)


class User(Table):
    """A member's account.

    The unique value of `email` names this row. `password_hash` is a PHC string (argon2id). `relationship_id` is the
    member's space and `partner_id` the other member in it, both set from verification on. `subscriptions` maps a
    subscription's id to `{version, plan, access_until}`, at most 20; `addons` maps an add-on's id to its end (null:
    open-ended), at most 50. `closing_on` is the date on which the account is erased, also of an unverified one.
    `calendar_version` 0 means that there is no calendar link. `pending_email` can be confirmed until
    `pending_email_until`. `former_email` can undo the change of the address until `former_email_until`; until then it is
    no other account's.
    """

    class Meta:
        table_name = tables.name("together", "users")

    by_closing_on = UsersByClosingOn()

    id = UnicodeAttribute(personal=True, hash_key=True)
    email = UnicodeAttribute(personal=True)
    password_hash = UnicodeAttribute(personal=True, null=True)
    display_name = UnicodeAttribute(personal=True)
    birthday = DateAttribute(personal=True, null=True)
    timezone = UnicodeAttribute(personal=True, default="UTC")
    locale = UnicodeAttribute(personal=False, default="en")
    love_language_primary = EnumAttribute(LoveLanguage, personal=True, null=True)
    love_language_secondary = EnumAttribute(LoveLanguage, personal=True, null=True)
    preferences = JsonAttribute(personal=True, null=True)
    avatar_url = UnicodeAttribute(personal=True, null=True)
    email_verified = BooleanAttribute(personal=False, default=False)
    is_active = BooleanAttribute(personal=False, default=True)
    pending_email = UnicodeAttribute(personal=True, null=True)
    pending_email_until = DateTimeAttribute(personal=False, null=True)
    former_email = UnicodeAttribute(personal=True, null=True)
    former_email_until = DateTimeAttribute(personal=False, null=True)
    relationship_id = UnicodeAttribute(personal=True, null=True)
    partner_id = UnicodeAttribute(personal=True, null=True)
    streak_start = DateAttribute(personal=True, null=True)
    streak_end = DateAttribute(personal=True, null=True)
    streak_longest = IntegerAttribute(personal=False, default=0)
    unread = IntegerAttribute(personal=False, default=0)
    email_failures = IntegerAttribute(personal=False, default=0)
    email_off_at = DateTimeAttribute(personal=False, null=True)
    plan_name = UnicodeAttribute(personal=False, null=True)
    access_until = DateTimeAttribute(personal=False, null=True)
    subscriptions = JsonAttribute(personal=True, default=dict)
    addons = JsonAttribute(personal=True, null=True)
    calendar_version = IntegerAttribute(personal=False, default=0)
    closing_at = DateTimeAttribute(personal=False, null=True)
    closing_on = UnicodeAttribute(personal=False, null=True)
    terms_accepted_at = DateTimeAttribute(personal=False)
    last_active_at = DateTimeAttribute(personal=True, null=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
