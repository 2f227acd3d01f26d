"""Payments and refunds."""

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
    """An owner's payments by creation time."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class PaymentsBySubscription(GlobalSecondaryIndex["PaymentTransaction"]):
    """The payments of a subscription."""

    class Meta:
        index_name = "by_subscription"
        projection = AllProjection()

    subscription_id = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class PaymentsByDay(GlobalSecondaryIndex["PaymentTransaction"]):
    """Payments by the day (UTC) on which billing completed them; before that, by the day of their creation."""

    class Meta:
        index_name = "by_day"
        projection = AllProjection()

    day = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class PaymentsByGrantDay(GlobalSecondaryIndex["PaymentTransaction"]):
    """Payments with months of credits still to grant, by the day (UTC) of the next one."""

    class Meta:
        index_name = "by_next_grant"
        projection = AllProjection()

    next_grant_day = UnicodeAttribute(personal=False, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)


class PaymentTransaction(Table):
    """One payment. The unique value of each of its Stripe ids names this row.

    `parts` are the payment intents and charges that paid it, each with its amount. The unique values of their ids also
    name this row. An empty list means that it was paid outside of Stripe, None that the parts were not listed.
    `item` is the item that was sold once: an add-on, a credit pack or a gift's code. `period_end` is the end of the
    whole period that the payment covers. `addon_ids` are our ids of the add-ons that it pays for. `stripe_event_id` is
    the event that completed it. `plan_name` is the plan that it pays for from `plan_from` on; it replaces a plan that
    included `replaced_credits` a month.

    `credits` were bought with the payment in the ledger `relationship_id`; `credits_taken` of them were taken back, and
    `credits_owed` more could not be, because they were spent.
    `months` are its months of credits that the schedule has not granted. `months_from` is the start of its first month.
    `month_claims` maps the start of each month that has begun to the credits that it includes, with at most one entry
    per month paid for.

    `credit_used` of an invoice was paid with the customer's credit balance at Stripe, which held `credit_held` before;
    `credit_unbacked` of it came from payments that were returned since (None: stored before this was tracked).

    `refunded_amount` is the total returned: `returned_amount` by completed refunds and `lost_amount` by lost disputes,
    the latest at `reversed_at`. If everything is returned, the status is `refunded`. `refunding_amount` is requested
    and not yet decided or completed. `reversals` are the completed refunds and lost disputes: {id, amount, at,
    reversed_at, is_dispute}; each returns a part of the amount, so they are few. `dispute` is the state of its disputes.
    `disputed_at` is when the first dispute that is open or lost was opened.

    `tax` and `addons_amount` are the parts of `amount` that are tax, and that pay for add-ons with their tax. `failed_at`
    is when the payment first failed.
    """

    class Meta:
        table_name = tables.name("billing", "payment_transactions")

    KEEP: ClassVar = timedelta(days=7 * 365 + 2)

    by_owner = PaymentsByOwner()
    by_subscription = PaymentsBySubscription()
    by_day = PaymentsByDay()
    by_next_grant = PaymentsByGrantDay()

    id = UnicodeAttribute(personal=False, hash_key=True)
    owner = UnicodeAttribute(personal=True)
    day = UnicodeAttribute(personal=False)
    owner_type = EnumAttribute(OwnerType, personal=False)
    owner_id = UnicodeAttribute(personal=True)
    subscription_id = UnicodeAttribute(personal=False, null=True)
    kind = EnumAttribute(PaymentKind, personal=False)
    amount = DecimalAttribute(personal=False)
    currency = UnicodeAttribute(personal=False, default="USD")
    status = EnumAttribute(PaymentStatus, personal=False)
    payment_method = EnumAttribute(PaymentMethod, personal=False, default=PaymentMethod.STRIPE)
    payment_provider_id = UnicodeAttribute(personal=False, null=True)
    stripe_invoice_id = UnicodeAttribute(personal=False, null=True)
    stripe_payment_intent_id = UnicodeAttribute(personal=False, null=True)
    stripe_charge_id = UnicodeAttribute(personal=False, null=True)
    refunded_amount = DecimalAttribute(personal=False, default=Decimal)
    returned_amount = DecimalAttribute(personal=False, null=True)
    lost_amount = DecimalAttribute(personal=False, default=Decimal)
    refunding_amount = DecimalAttribute(personal=False, default=Decimal)
    credit_held = DecimalAttribute(personal=False, null=True)
    credit_used = DecimalAttribute(personal=False, null=True)
    credit_unbacked = DecimalAttribute(personal=False, null=True)
    reversals = JsonAttribute(personal=False, null=True)
    tax = DecimalAttribute(personal=False, null=True)
    addons_amount = DecimalAttribute(personal=False, null=True)
    failed_at = DateTimeAttribute(personal=False, null=True)
    reversed_at = DateTimeAttribute(personal=False, null=True)
    disputed_at = DateTimeAttribute(personal=False, null=True)
    description = UnicodeAttribute(personal=True, null=True)
    invoice_url = UnicodeAttribute(personal=True, null=True)
    failure_reason = UnicodeAttribute(personal=True, null=True)
    processed_at = DateTimeAttribute(personal=False, null=True)
    period_end = DateTimeAttribute(personal=False, null=True)
    item = UnicodeAttribute(personal=False, null=True)
    parts = JsonAttribute(personal=False, null=True)
    dispute = EnumAttribute(DisputeStatus, personal=False, null=True)
    credits = IntegerAttribute(personal=False, default=0)
    credits_taken = IntegerAttribute(personal=False, default=0)
    credits_owed = IntegerAttribute(personal=False, null=True)
    relationship_id = UnicodeAttribute(personal=True, null=True)
    addon_ids = JsonAttribute(personal=False, null=True)
    stripe_event_id = UnicodeAttribute(personal=False, null=True)
    months = JsonAttribute(personal=False, null=True)
    month_claims = JsonAttribute(personal=False, null=True)
    plan_name = UnicodeAttribute(personal=False, null=True)
    replaced_credits = IntegerAttribute(personal=False, null=True)
    plan_from = DateTimeAttribute(personal=False, null=True)
    months_from = DateTimeAttribute(personal=False, null=True)
    next_grant_day = UnicodeAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)


class RefundsByPayment(GlobalSecondaryIndex["Refund"]):
    """The refunds of one payment."""

    class Meta:
        index_name = "by_payment"
        projection = AllProjection()

    payment_transaction_id = UnicodeAttribute(personal=False, hash_key=True)
    requested_at = DateTimeAttribute(personal=False, range_key=True)


class RefundsByStatus(GlobalSecondaryIndex["Refund"]):
    """The refunds of one status by request time."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status = EnumAttribute(RefundStatus, personal=False, hash_key=True)
    requested_at = DateTimeAttribute(personal=False, range_key=True)


class Refund(Table):
    """A refund, from the request to Stripe's result.

    `part_id` is the payment intent or charge that is refunded, if the payment has several.
    """

    class Meta:
        table_name = tables.name("billing", "refunds")

    by_payment = RefundsByPayment()
    by_status = RefundsByStatus()

    id = UnicodeAttribute(personal=False, hash_key=True)
    payment_transaction_id = UnicodeAttribute(personal=False)
    user_id = UnicodeAttribute(personal=True)
    owner_type = EnumAttribute(OwnerType, personal=False, default=OwnerType.MEMBER)
    amount = DecimalAttribute(personal=False)
    currency = UnicodeAttribute(personal=False)
    reason = UnicodeAttribute(personal=True, null=True)
    status = EnumAttribute(RefundStatus, personal=False)
    stripe_refund_id = UnicodeAttribute(personal=False, null=True)
    part_id = UnicodeAttribute(personal=False, null=True)
    requested_at = DateTimeAttribute(personal=False)
    processed_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
