"""Money that came and went."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.billing.enums import DisputeStatus, OwnerType, PaymentKind, PaymentMethod, PaymentStatus, RefundStatus
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class PaymentsByOwner(GlobalSecondaryIndex["PaymentTransaction"]):
    """An owner's payments, by when they were begun."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class PaymentsBySubscription(GlobalSecondaryIndex["PaymentTransaction"]):
    """Payments of a subscription."""

    class Meta:
        index_name = "by_subscription"
        projection = AllProjection()

    subscription_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class PaymentsByDay(GlobalSecondaryIndex["PaymentTransaction"]):
    """Payments by the day (UTC) on which they were completed here; until then that on which they were begun."""

    class Meta:
        index_name = "by_day"
        projection = AllProjection()

    day = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class PaymentsByGrantDay(GlobalSecondaryIndex["PaymentTransaction"]):
    """Payments that open months of credits still to come, by the day (UTC) of the next."""

    class Meta:
        index_name = "by_next_grant"
        projection = AllProjection()

    next_grant_day = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class PaymentTransaction(Table):
    """One payment, whichever of its Stripe ids it arrived under; a guard on each of them leads here.

    `item` is what was sold once: an add-on, a pack of credits, a gift's code. `period_end` is the end of the whole period
    that it pays for, `addon_ids` are the ids that add-ons have among what it pays for; `stripe_event_id` completed it.
    `credits` were bought with it, in the ledger of `relationship_id`, and `credits_taken` of them taken back,
    for which `credits_owed` were not there. `months` are
    the months of credits it opens that the schedule has not granted, `months_from` when the first of all begins;
    `month_claims` are the credits that those which have begun include, by when each began, at most one a month paid for.
    `plan_name` is the plan that it pays for from `plan_from` on, in place of one that included `replaced_credits` a month.

    `credit_used` of an invoice was paid by the customer's credit at Stripe, of which there was `credit_held`;
    `credit_unbacked` of that came from money that has gone back since (None: of a release that did not store it).

    `refunded_amount` went back: `returned_amount` by completed refunds, `lost_amount` by lost disputes, the latest at
    `reversed_at`; with all of it the status is `refunded`. `refunding_amount` is asked back and not yet answered for.
    `dispute` is how its disputes stand, `disputed_at` when the first that is open or lost was opened.
    """

    class Meta:
        table_name = tables.name("billing", "payment_transactions")

    KEEP: ClassVar = timedelta(days=7 * 365 + 2)

    by_owner = PaymentsByOwner()
    by_subscription = PaymentsBySubscription()
    by_day = PaymentsByDay()
    by_next_grant = PaymentsByGrantDay()

    id = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute()
    day = UnicodeAttribute()
    owner_type = EnumAttribute(OwnerType)
    owner_id = UnicodeAttribute()
    subscription_id = UnicodeAttribute(null=True)
    kind = EnumAttribute(PaymentKind)
    amount = DecimalAttribute()
    currency = UnicodeAttribute(default="USD")
    status = EnumAttribute(PaymentStatus)
    payment_method = EnumAttribute(PaymentMethod, default=PaymentMethod.STRIPE)
    payment_provider_id = UnicodeAttribute(null=True)
    stripe_invoice_id = UnicodeAttribute(null=True)
    stripe_payment_intent_id = UnicodeAttribute(null=True)
    stripe_charge_id = UnicodeAttribute(null=True)
    refunded_amount = DecimalAttribute(default=Decimal)
    returned_amount = DecimalAttribute(null=True)
    lost_amount = DecimalAttribute(default=Decimal)
    refunding_amount = DecimalAttribute(default=Decimal)
    credit_held = DecimalAttribute(null=True)
    credit_used = DecimalAttribute(null=True)
    credit_unbacked = DecimalAttribute(null=True)
    reversed_at = DateTimeAttribute(null=True)
    disputed_at = DateTimeAttribute(null=True)
    description = UnicodeAttribute(null=True)
    invoice_url = UnicodeAttribute(null=True)
    failure_reason = UnicodeAttribute(null=True)
    processed_at = DateTimeAttribute(null=True)
    period_end = DateTimeAttribute(null=True)
    item = UnicodeAttribute(null=True)
    dispute = EnumAttribute(DisputeStatus, null=True)
    credits = IntegerAttribute(default=0)
    credits_taken = IntegerAttribute(default=0)
    credits_owed = IntegerAttribute(null=True)
    relationship_id = UnicodeAttribute(null=True)
    addon_ids = JsonAttribute(null=True)
    stripe_event_id = UnicodeAttribute(null=True)
    months = JsonAttribute(null=True)
    month_claims = JsonAttribute(null=True)
    plan_name = UnicodeAttribute(null=True)
    replaced_credits = IntegerAttribute(null=True)
    plan_from = DateTimeAttribute(null=True)
    months_from = DateTimeAttribute(null=True)
    next_grant_day = UnicodeAttribute(null=True)
    version = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()


class RefundsByPayment(GlobalSecondaryIndex["Refund"]):
    """Refunds of one payment."""

    class Meta:
        index_name = "by_payment"
        projection = AllProjection()

    payment_transaction_id = UnicodeAttribute(hash_key=True)
    requested_at = DateTimeAttribute(range_key=True)


class RefundsByStatus(GlobalSecondaryIndex["Refund"]):
    """Refunds of one status, as they were asked for."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status = EnumAttribute(RefundStatus, hash_key=True)
    requested_at = DateTimeAttribute(range_key=True)


class Refund(Table):
    """Money that goes back, from the request to Stripe's answer."""

    class Meta:
        table_name = tables.name("billing", "refunds")

    by_payment = RefundsByPayment()
    by_status = RefundsByStatus()

    id = UnicodeAttribute(hash_key=True)
    payment_transaction_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    owner_type = EnumAttribute(OwnerType, default=OwnerType.MEMBER)
    amount = DecimalAttribute()
    currency = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    status = EnumAttribute(RefundStatus)
    stripe_refund_id = UnicodeAttribute(null=True)
    requested_at = DateTimeAttribute()
    processed_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
