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


class CodesByKind(GlobalSecondaryIndex["DiscountCode"]):
    """All discount codes in alphabetical order, a few hundred at most."""

    class Meta:
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(personal=False, hash_key=True)
    code = UnicodeAttribute(personal=False, range_key=True)


class DiscountCode(Table):
    """A discount code, stored in upper case.

    `kind` is the hash key of the index over all codes and the same in every row.
    """

    class Meta:
        table_name = tables.name("billing", "discount_codes")

    by_kind = CodesByKind()

    code = UnicodeAttribute(personal=False, hash_key=True)
    kind = UnicodeAttribute(personal=False, default="code")
    description = UnicodeAttribute(personal=False, null=True)
    discount_type = EnumAttribute(DiscountType, personal=False)
    value = DecimalAttribute(personal=False)
    currency = UnicodeAttribute(personal=False, null=True)
    max_uses = IntegerAttribute(personal=False, null=True)
    times_used = IntegerAttribute(personal=False, default=0)
    max_uses_per_user = IntegerAttribute(personal=False, default=1)
    applies_to = StringListAttribute(personal=False, null=True)
    valid_from = DateTimeAttribute(personal=False, null=True)
    expires_at = DateTimeAttribute(personal=False, null=True)
    stripe_coupon_id = UnicodeAttribute(personal=False, null=True)
    stripe_promotion_code_id = UnicodeAttribute(personal=False, null=True)
    duration = EnumAttribute(DiscountDuration, personal=False, default=DiscountDuration.ONCE)
    duration_months = IntegerAttribute(personal=False, null=True)
    is_active = BooleanAttribute(personal=False, default=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class UsagesByUser(GlobalSecondaryIndex["DiscountUsage"]):
    """The redemptions of one owner."""

    class Meta:
        index_name = "by_user"
        projection = AllProjection()

    user_id = UnicodeAttribute(personal=True, hash_key=True)
    redemption = UnicodeAttribute(personal=True, range_key=True)


class UsagesByReservation(GlobalSecondaryIndex["DiscountUsage"]):
    """Reserved redemptions by the end of the reservation. Sparse: only reservations have `reserved_until`."""

    class Meta:
        index_name = "by_reservation"
        projection = AllProjection()

    status = EnumAttribute(RedemptionStatus, personal=False, hash_key=True)
    reserved_until = DateTimeAttribute(personal=False, range_key=True)


class DiscountUsage(Table):
    """One redemption of a discount code.

    `redemption` is `user_id#n`, so the key enforces the limit per user. `request_key` is the idempotency key of the
    request that reserved it; a retry with the same key continues that reservation.
    """

    class Meta:
        table_name = tables.name("billing", "discount_usage")

    by_user = UsagesByUser()
    by_reservation = UsagesByReservation()

    code = UnicodeAttribute(personal=False, hash_key=True)
    redemption = UnicodeAttribute(personal=True, range_key=True)
    user_id = UnicodeAttribute(personal=True)
    owner_type = EnumAttribute(OwnerType, personal=False, default=OwnerType.MEMBER)
    status = EnumAttribute(RedemptionStatus, personal=False)
    request_key = UnicodeAttribute(personal=True, null=True)
    checkout_session_id = UnicodeAttribute(personal=True, null=True)
    reserved_until = DateTimeAttribute(personal=False, null=True)
    subscription_id = UnicodeAttribute(personal=False, null=True)
    payment_transaction_id = UnicodeAttribute(personal=False, null=True)
    discount_amount = DecimalAttribute(personal=False, null=True)
    used_at = DateTimeAttribute(personal=False, null=True)
