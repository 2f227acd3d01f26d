"""Retention rules and personal data of billing's tables.

Payments and refunds are kept for the legal time, under a pseudonym once their owner is erased. Stripe events are kept as
long as an operator may replay them.
"""

from __future__ import annotations

from chalicelib.billing.enums import RedemptionStatus
from chalicelib.billing.models import (
    CreditBalance,
    CreditEntry,
    Customer,
    DiscountCode,
    DiscountUsage,
    Gift,
    MonthlyGrant,
    PaymentTransaction,
    Refund,
    StripeWebhook,
    Subscription,
    SubscriptionAddon,
    SubscriptionPlan,
    UserAddon,
)
from chalicelib.kit.data_policy import (
    Bucket,
    ExpiryAction,
    ObjectPrefix,
    RetentionRule,
    TablePolicy,
)
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    ByScan,
    CounterAdjustment,
    Delete,
    KeepWhileShared,
    OwnerFilter,
    Redact,
    Redaction,
    SubjectQuery,
    ViaTable,
)

RULES: tuple[RetentionRule, ...] = (
    RetentionRule(
        "billing/payment_transactions", PaymentTransaction, "created_at", PaymentTransaction.KEEP, ExpiryAction.DELETE
    ),
    RetentionRule("billing/monthly_grants", MonthlyGrant, "updated_at", MonthlyGrant.KEEP, ExpiryAction.DELETE),
    RetentionRule("billing/refunds", Refund, "requested_at", PaymentTransaction.KEEP, ExpiryAction.DELETE),
    RetentionRule("billing/stripe_webhooks", StripeWebhook, "processed_at", StripeWebhook.KEEP, ExpiryAction.DELETE),
)

OWNERS = (SubjectType.MEMBER, SubjectType.STORE)
_CUSTOMERS = "billing/customers"
_MEMBERSHIPS = "together/memberships"
"""By name: the context is above. The ledger of a couple that has ended is no longer that of a customer."""
_LEDGER_NOTES = ("debts", "moved_to")
_LEGAL_TIME = "payments are kept for the legal time of seven years"
_SHARED_ROW = "the row has data of another person as well"
_FEW_ROWS = "the table has few rows, and nothing else would use an index"
_REDACT_BUYER = Redact(
    {"buyer_id": Redaction.PSEUDONYM, "message": Redaction.REMOVED},
    reason=_SHARED_ROW,
)
_REDACT_RECIPIENT = Redact(
    {
        "recipient_email": Redaction.PSEUDONYM,
        "recipient_id": Redaction.PSEUDONYM,
        "relationship_id": Redaction.REMOVED,
        "message": Redaction.REMOVED,
    },
    reason=_SHARED_ROW,
)
_REDACT_GIVER = Redact(
    {"gifted_by": Redaction.PSEUDONYM, "gift_message": Redaction.REMOVED},
    reason=_SHARED_ROW,
)
_REDACT_PAYMENT = Redact(
    {
        "owner": Redaction.PSEUDONYM,
        "owner_id": Redaction.PSEUDONYM,
        "relationship_id": Redaction.REMOVED,
        "description": Redaction.REMOVED,
        "invoice_url": Redaction.REMOVED,
        "failure_reason": Redaction.REMOVED,
    },
    reason=_LEGAL_TIME,
)
_REDACT_REFUND = Redact({"user_id": Redaction.PSEUDONYM, "reason": Redaction.REMOVED}, reason=_LEGAL_TIME)
_REDACT_EVENT = Redact(
    {"payload": Redaction.REMOVED, "payload_ref": Redaction.REMOVED},
    reason="the row proves that Stripe reported the payment",
)
_DELETE_USAGE = Delete(
    CounterAdjustment("", DiscountCode, "{code}", "times_used", exclusion=("status", RedemptionStatus.RELEASED))
)


def _ledger(subject_type: SubjectType, *hidden_columns: str) -> tuple[SubjectQuery, ...]:
    """Return the queries for credits: a couple's stay while the other partner exists, a single owner's are deleted."""
    reason = "a couple's credits are kept until both partners are erased"
    shared = SubjectQuery(
        subject_type,
        ViaTable(_CUSTOMERS, ByKey("relationship_id", "{relationship_id}")),
        KeepWhileShared("{owner_type}:{owner_id}", reason=reason, scan_reason=_FEW_ROWS),
        hidden_columns=hidden_columns,
    )
    former = SubjectQuery(
        subject_type,
        ViaTable(_MEMBERSHIPS, ByKey("relationship_id", "{relationship_id}")),
        KeepWhileShared("member:{user_id}", reason=reason, scan_reason=_FEW_ROWS),
        is_exported=False,
    )
    own = SubjectQuery(subject_type, ByKey("relationship_id", "{id}"), hidden_columns=hidden_columns)
    return (shared, former, own) if subject_type is SubjectType.MEMBER else (shared, own)


TABLE_POLICIES = (
    TablePolicy(
        _CUSTOMERS,
        Customer,
        queries=tuple(
            SubjectQuery(subject_type, ByKey("owner_type", "{subject_type}", range_key="{id}"))
            for subject_type in OWNERS
        ),
        alias_column="stripe_customer_id",
        unique_values=(("stripe_customer_id", "stripe_customer_id"),),
    ),
    TablePolicy(
        "billing/credit_balances",
        CreditBalance,
        queries=(*_ledger(SubjectType.MEMBER, *_LEDGER_NOTES), *_ledger(SubjectType.STORE, *_LEDGER_NOTES)),
    ),
    TablePolicy(
        "billing/ai_credits",
        CreditEntry,
        queries=(*_ledger(SubjectType.MEMBER, "spent_lots"), *_ledger(SubjectType.STORE, "spent_lots")),
        unique_values=(("source_key", "source_key"),),
    ),
    TablePolicy(
        "billing/monthly_grants",
        MonthlyGrant,
        queries=tuple(SubjectQuery(subject_type, ByKey("owner", "{subject_type}/{id}")) for subject_type in OWNERS),
    ),
    TablePolicy(
        "billing/gifts",
        Gift,
        queries=(
            SubjectQuery(SubjectType.MEMBER, ByIndex("buyer_id", "{id}"), _REDACT_BUYER),
            SubjectQuery(
                SubjectType.MEMBER,
                ViaTable(_CUSTOMERS, ByIndex("recipient_email", "{email}"), transform=str.lower),
                _REDACT_RECIPIENT,
            ),
            SubjectQuery(
                SubjectType.MEMBER, ByScan(column="recipient_id", value="{id}", reason=_FEW_ROWS), _REDACT_RECIPIENT
            ),
        ),
    ),
    TablePolicy(
        "billing/subscriptions",
        Subscription,
        queries=(
            *(SubjectQuery(subject_type, ByIndex("owner", "{subject_type}/{id}")) for subject_type in OWNERS),
            SubjectQuery(SubjectType.MEMBER, ByScan(column="gifted_by", value="{id}", reason=_FEW_ROWS), _REDACT_GIVER),
        ),
    ),
    TablePolicy(
        "billing/payment_transactions",
        PaymentTransaction,
        queries=tuple(
            SubjectQuery(subject_type, ByIndex("owner", "{subject_type}/{id}"), _REDACT_PAYMENT)
            for subject_type in OWNERS
        ),
        note="Stripe ids are kept: they identify the invoice in a tax audit.",
    ),
    TablePolicy(
        "billing/refunds",
        Refund,
        queries=tuple(
            SubjectQuery(subject_type, ByScan(column="user_id", value="{id}", reason=_FEW_ROWS), _REDACT_REFUND)
            for subject_type in OWNERS
        ),
        note="A refund is kept longer than its payment, so it cannot be found through the payment.",
    ),
    TablePolicy(
        "billing/user_addons",
        UserAddon,
        queries=(SubjectQuery(SubjectType.MEMBER, ByKey("user_id", "{id}")),),
        unique_values=(("stripe_subscription_item_id", "stripe_subscription_item_id"),),
    ),
    TablePolicy(
        "billing/discount_usage",
        DiscountUsage,
        queries=tuple(SubjectQuery(subject_type, ByIndex("user_id", "{id}"), _DELETE_USAGE) for subject_type in OWNERS),
    ),
    TablePolicy(
        "billing/stripe_webhooks",
        StripeWebhook,
        queries=tuple(
            SubjectQuery(
                subject_type,
                ViaTable(
                    _CUSTOMERS,
                    ByScan(
                        column="payload",
                        value="{stripe_customer_id}",
                        contains=True,
                        reason="Stripe's events name their customer in many places; they live for 90 days",
                    ),
                ),
                _REDACT_EVENT,
                OwnerFilter(json_column="payload"),
            )
            for subject_type in OWNERS
        ),
    ),
    TablePolicy(
        "billing/subscription_plans",
        SubscriptionPlan,
    ),
    TablePolicy(
        "billing/subscription_addons",
        SubscriptionAddon,
    ),
    TablePolicy(
        "billing/discount_codes",
        DiscountCode,
    ),
)
OBJECT_PREFIXES = (
    ObjectPrefix(
        Bucket.IMAGES,
        "payloads/billing/",
        folders=dict.fromkeys(OWNERS, "payloads/billing/"),
        content_matched=frozenset(OWNERS),
        note="Events of over 300 KB. The bucket deletes them after 90 days.",
    ),
)
