"""Tables of perks, partners and bookings."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    SecretAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.together.enums import BookingStatus, PartnerKind, PerkKind, PerkStatus


class PerksByStatus(GlobalSecondaryIndex["Perk"]):
    """The perks of one status, the longest unchanged first."""

    class Meta:
        index_name = "by_status"
        projection = KeysOnlyProjection()

    status = EnumAttribute(PerkStatus, personal=False, hash_key=True)
    updated_at = DateTimeAttribute(personal=False, range_key=True)


class Perk(Table):
    """A surprise box or a coaching session that a member has claimed; the key allows one for each entitlement."""

    class Meta:
        table_name = tables.name("together", "perks")

    KEEP: ClassVar = timedelta(days=731)

    by_status = PerksByStatus()

    user_id = UnicodeAttribute(personal=True, hash_key=True)
    perk = UnicodeAttribute(personal=False, range_key=True)
    kind = EnumAttribute(PerkKind, personal=False)
    status = EnumAttribute(PerkStatus, personal=False, default=PerkStatus.REQUESTED)
    address = SecretAttribute(personal=True, null=True)
    preferred_times = StringListAttribute(personal=True, null=True)
    scheduled_at = DateTimeAttribute(personal=False, null=True)
    tracking = UnicodeAttribute(personal=True, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class PartnersByCity(GlobalSecondaryIndex["Partner"]):
    """The partners of a city, by kind."""

    class Meta:
        index_name = "by_city"
        projection = KeysOnlyProjection()

    city = UnicodeAttribute(personal=False, hash_key=True)
    kind = EnumAttribute(PartnerKind, personal=False, range_key=True)


class Partner(Table):
    """An operator's offer of a restaurant, activity, journey, gift or coach."""

    class Meta:
        table_name = tables.name("together", "partners")

    by_city = PartnersByCity()

    id = UnicodeAttribute(personal=False, hash_key=True)
    name = UnicodeAttribute(personal=False)
    kind = EnumAttribute(PartnerKind, personal=False)
    city = UnicodeAttribute(personal=False)
    country = UnicodeAttribute(personal=False)
    url = UnicodeAttribute(personal=False)
    commission_percent = DecimalAttribute(personal=False, null=True)
    is_active = BooleanAttribute(personal=False, default=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class BookingsByUser(GlobalSecondaryIndex["Booking"]):
    """A member's bookings, oldest first."""

    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    user_id = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class Booking(Table):
    """A member's click on a partner's link, and what the partner reported about it. `id` is the click id."""

    class Meta:
        table_name = tables.name("together", "bookings")

    KEEP: ClassVar = timedelta(days=7 * 366)
    KEEP_CLICK: ClassVar = timedelta(days=400)
    """Of a click without a report: its first report removes `expires_epoch`."""

    by_user = BookingsByUser()

    id = UnicodeAttribute(personal=False, hash_key=True)
    partner_id = UnicodeAttribute(personal=False)
    user_id = UnicodeAttribute(personal=True)
    activity_id = UnicodeAttribute(personal=True, null=True)
    external_id = UnicodeAttribute(personal=False, null=True)
    status = EnumAttribute(BookingStatus, personal=False, default=BookingStatus.CLICKED)
    version = IntegerAttribute(personal=False, default=0)
    amount = DecimalAttribute(personal=False, null=True)
    commission = DecimalAttribute(personal=False, null=True)
    currency = UnicodeAttribute(personal=False, null=True)
    rating = IntegerAttribute(personal=False, null=True)
    reported_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False, null=True)
