"""Enumerations of billing, separate from the tables so that the domain rules import no database."""

from __future__ import annotations

from enum import StrEnum


class OwnerType(StrEnum):
    """The type of an owner: a member of the couples app or a store of the platform."""

    MEMBER = "member"
    STORE = "store"


class BillingCycle(StrEnum):
    MONTHLY = "monthly"
    ANNUAL = "annual"


class AddonCycle(StrEnum):
    MONTHLY = "monthly"
    ANNUAL = "annual"
    ONE_TIME = "one_time"


class SubscriptionStatus(StrEnum):
    """Stripe's statuses, and `expired` for an ended subscription that was not at Stripe (a gift)."""

    ACTIVE = "active"
    TRIALING = "trialing"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"
    EXPIRED = "expired"
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"

    @property
    def is_final(self) -> bool:
        """Whether no other status can follow."""
        return self in (self.CANCELED, self.EXPIRED, self.INCOMPLETE_EXPIRED)


class PaymentKind(StrEnum):
    SUBSCRIPTION = "subscription"
    CREDITS = "credits"
    ADDON = "addon"
    GIFT = "gift"
    REFUND = "refund"


class PaymentStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUNDED = "refunded"


class PaymentMethod(StrEnum):
    STRIPE = "stripe"
    PAYPAL = "paypal"
    CREDIT_CARD = "credit_card"


class DisputeStatus(StrEnum):
    """The state of a payment's disputes. A closed inquiry counts as none."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class EntryType(StrEnum):
    """The reason for a change of the credit balance."""

    PURCHASE = "purchase"
    GRANT = "grant"
    USAGE = "usage"
    EXPIRATION = "expiration"
    REFUND = "refund"
    TRANSFER = "transfer"


class AddonCategory(StrEnum):
    SURPRISE_BOX = "surprise_box"
    COACHING = "coaching"
    PREMIUM_FEATURE = "premium_feature"
    CALENDAR = "calendar"


class AddonStatus(StrEnum):
    ACTIVE = "active"
    CANCELED = "canceled"
    EXPIRED = "expired"
    CONSUMED = "consumed"


class DiscountType(StrEnum):
    PERCENTAGE = "percentage"
    FIXED_AMOUNT = "fixed_amount"


class DiscountDuration(StrEnum):
    ONCE = "once"
    REPEATING = "repeating"
    FOREVER = "forever"


class RedemptionStatus(StrEnum):
    RESERVED = "reserved"
    REDEEMED = "redeemed"
    RELEASED = "released"


class GiftStatus(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    REDEEMED = "redeemed"
    VOIDED = "voided"
    EXPIRED = "expired"


class RefundStatus(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    PROCESSING = "processing"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether the money may still be returned."""
        return self in (self.REQUESTED, self.APPROVED, self.PROCESSING)


class WebhookStatus(StrEnum):
    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    IGNORED = "ignored"
