"""Discount codes and their redemptions."""

from __future__ import annotations

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.billing.enums import DiscountDuration, DiscountType, OwnerType, RedemptionStatus
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class AllCodes(GlobalSecondaryIndex["DiscountCode"]):
    """All discount codes in alphabetical order, a few hundred at most."""

    class Meta:
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    code = UnicodeAttribute(range_key=True)


class DiscountCode(Table):
    """A discount code, stored in upper case.

    `kind` is the hash key of the index over all codes and the same in every row.
    """

    class Meta:
        table_name = tables.name("billing", "discount_codes")

    by_kind = AllCodes()

    code = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(default="code")
    description = UnicodeAttribute(null=True)
    discount_type = EnumAttribute(DiscountType)
    value = DecimalAttribute()
    currency = UnicodeAttribute(null=True)
    max_uses = IntegerAttribute(null=True)
    times_used = IntegerAttribute(default=0)
    max_uses_per_user = IntegerAttribute(default=1)
    applies_to = StringListAttribute(null=True)
    valid_from = DateTimeAttribute(null=True)
    expires_at = DateTimeAttribute(null=True)
    stripe_coupon_id = UnicodeAttribute(null=True)
    stripe_promotion_code_id = UnicodeAttribute(null=True)
    duration = EnumAttribute(DiscountDuration, default=DiscountDuration.ONCE)
    duration_months = IntegerAttribute(null=True)
    is_active = BooleanAttribute(default=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class UsagesByUser(GlobalSecondaryIndex["DiscountUsage"]):
    """The redemptions of one owner."""

    class Meta:
        index_name = "by_user"
        projection = AllProjection()

    user_id = UnicodeAttribute(hash_key=True)
    redemption = UnicodeAttribute(range_key=True)


class UsagesByReservation(GlobalSecondaryIndex["DiscountUsage"]):
    """Reserved redemptions by the end of the reservation. Sparse: only reservations have `reserved_until`."""

    class Meta:
        index_name = "by_reservation"
        projection = AllProjection()

    status = EnumAttribute(RedemptionStatus, hash_key=True)
    reserved_until = DateTimeAttribute(range_key=True)


class DiscountUsage(Table):
    """One redemption of a discount code.

    `redemption` is `user_id#n`, so the key enforces the limit per user. `request_key` is the idempotency key of the
    request that reserved it; a retry with the same key continues that reservation.
    """

    class Meta:
        table_name = tables.name("billing", "discount_usage")

    by_user = UsagesByUser()
    by_reservation = UsagesByReservation()

    code = UnicodeAttribute(hash_key=True)
    redemption = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    owner_type = EnumAttribute(OwnerType, default=OwnerType.MEMBER)
    status = EnumAttribute(RedemptionStatus)
    request_key = UnicodeAttribute(null=True)
    checkout_session_id = UnicodeAttribute(null=True)
    reserved_until = DateTimeAttribute(null=True)
    subscription_id = UnicodeAttribute(null=True)
    payment_transaction_id = UnicodeAttribute(null=True)
    discount_amount = DecimalAttribute(null=True)
    used_at = DateTimeAttribute(null=True)
