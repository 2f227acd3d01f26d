"""How long billing's rows live, and whose they are.

Payments live as long as the law wants to see them, under a pseudonym once their owner is erased; events as long as one
may replay them.
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
_LAW = "payments are kept for the legal time of seven years"
_THEIRS_TOO = "it is somebody else's as well"
_FEW = "few rows, and a key for this would serve nothing else"
_REDACT_BUYER = Redact(
    {"buyer_id": Redaction.PSEUDONYM, "message": Redaction.REMOVED},
    reason=_THEIRS_TOO,
)
_REDACT_RECIPIENT = Redact(
    {
        "recipient_email": Redaction.PSEUDONYM,
        "recipient_id": Redaction.PSEUDONYM,
        "relationship_id": Redaction.REMOVED,
        "message": Redaction.REMOVED,
    },
    reason=_THEIRS_TOO,
)
_REDACT_GIVER = Redact(
    {"gifted_by": Redaction.PSEUDONYM, "gift_message": Redaction.REMOVED},
    reason=_THEIRS_TOO,
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
    reason=_LAW,
)
_REDACT_REFUND = Redact({"user_id": Redaction.PSEUDONYM, "reason": Redaction.REMOVED}, reason=_LAW)
_REDACT_EVENT = Redact(
    {"payload": Redaction.REMOVED, "payload_ref": Redaction.REMOVED},
    reason="that an event came proves the payment that it told of",
)
_DELETE_USAGE = Delete(
    CounterAdjustment("", DiscountCode, "{code}", "times_used", exclusion=("status", RedemptionStatus.RELEASED))
)


def _ledger(who: SubjectType) -> tuple[SubjectQuery, ...]:
    """Return the queries for credits: a couple's stay while the other partner exists, a single owner's are deleted."""
    shared = SubjectQuery(
        who,
        ViaTable(_CUSTOMERS, ByKey("relationship_id", "{relationship_id}")),
        KeepWhileShared(
            "{owner_type}:{owner_id}", reason="a couple's credits stay while the other is there", scan_reason=_FEW
        ),
    )
    return shared, SubjectQuery(who, ByKey("relationship_id", "{id}"))


TABLE_POLICIES = (
    TablePolicy(
        _CUSTOMERS,
        Customer,
        queries=tuple(SubjectQuery(who, ByKey("owner_type", "{subject_type}", range_key="{id}")) for who in OWNERS),
        alias_column="stripe_customer_id",
        unique_values=(("stripe_customer_id", "stripe_customer_id"),),
    ),
    TablePolicy(
        "billing/credit_balances",
        CreditBalance,
        queries=(*_ledger(SubjectType.MEMBER), *_ledger(SubjectType.STORE)),
    ),
    TablePolicy(
        "billing/ai_credits",
        CreditEntry,
        queries=(*_ledger(SubjectType.MEMBER), *_ledger(SubjectType.STORE)),
        unique_values=(("source_key", "source_key"),),
    ),
    TablePolicy(
        "billing/monthly_grants",
        MonthlyGrant,
        queries=tuple(SubjectQuery(who, ByKey("owner", "{subject_type}/{id}")) for who in OWNERS),
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
                SubjectType.MEMBER, ByScan(column="recipient_id", value="{id}", reason=_FEW), _REDACT_RECIPIENT
            ),
        ),
    ),
    TablePolicy(
        "billing/subscriptions",
        Subscription,
        queries=(
            *(SubjectQuery(who, ByIndex("owner", "{subject_type}/{id}")) for who in OWNERS),
            SubjectQuery(SubjectType.MEMBER, ByScan(column="gifted_by", value="{id}", reason=_FEW), _REDACT_GIVER),
        ),
    ),
    TablePolicy(
        "billing/payment_transactions",
        PaymentTransaction,
        queries=tuple(SubjectQuery(who, ByIndex("owner", "{subject_type}/{id}"), _REDACT_PAYMENT) for who in OWNERS),
        note="Stripe's ids stay: they lead to the invoice that the tax office may ask for.",
    ),
    TablePolicy(
        "billing/refunds",
        Refund,
        queries=tuple(
            SubjectQuery(who, ByScan(column="user_id", value="{id}", reason=_FEW), _REDACT_REFUND) for who in OWNERS
        ),
        note="One lives longer than its payment, by the time between the two: it is not found through that.",
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
        queries=tuple(SubjectQuery(who, ByIndex("user_id", "{id}"), _DELETE_USAGE) for who in OWNERS),
    ),
    TablePolicy(
        "billing/stripe_webhooks",
        StripeWebhook,
        queries=tuple(
            SubjectQuery(
                who,
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
            for who in OWNERS
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
        note="Events of over 300 KB; the bucket ends them after 90 days.",
    ),
)
