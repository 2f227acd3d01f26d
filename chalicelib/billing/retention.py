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
    CounterAdjustment,
    ErasureAction,
    ExpiryAction,
    ObjectPrefix,
    OwnerFilter,
    RetentionRule,
    SubjectQuery,
    TablePolicy,
    columns,
)
from chalicelib.kit.data_subjects import SubjectType

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
_GIVEN = {"buyer_id": ErasureAction.PSEUDONYM, "message": ErasureAction.REMOVED}
_TAKEN = {
    "recipient_email": ErasureAction.PSEUDONYM,
    "recipient_id": ErasureAction.PSEUDONYM,
    "relationship_id": ErasureAction.REMOVED,
    "message": ErasureAction.REMOVED,
}
_PAID = {
    "owner": ErasureAction.PSEUDONYM,
    "owner_id": ErasureAction.PSEUDONYM,
    "relationship_id": ErasureAction.REMOVED,
    "description": ErasureAction.REMOVED,
    "invoice_url": ErasureAction.REMOVED,
    "failure_reason": ErasureAction.REMOVED,
}
_TOLD = {"payload": ErasureAction.REMOVED, "payload_ref": ErasureAction.REMOVED}
_PAID_BACK = {"user_id": ErasureAction.PSEUDONYM, "reason": ErasureAction.REMOVED}
_USED = CounterAdjustment("", DiscountCode, "{code}", "times_used", exclusion=("status", RedemptionStatus.RELEASED))


def _ledger(who: SubjectType) -> tuple[SubjectQuery, ...]:
    """Return the queries for credits: a couple's stay while the other partner exists, a single owner's are deleted."""
    shared = SubjectQuery(
        who,
        "relationship_id",
        "{relationship_id}",
        via=_CUSTOMERS,
        other_owner="{owner_type}:{owner_id}",
        keep_reason="a couple's credits stay while the other is there",
        scan_reason=_FEW,
    )
    return shared, SubjectQuery(who, "relationship_id", "{id}")


TABLE_POLICIES = (
    TablePolicy(
        _CUSTOMERS,
        Customer,
        personal=columns("owner_id email name timezone stripe_customer_id relationship_id plan_source"),
        impersonal=columns("owner_type stripe_deleted_at created_at updated_at"),
        queries=tuple(SubjectQuery(who, "owner_type", "{subject_type}", range_key="{id}") for who in OWNERS),
        alias_column="stripe_customer_id",
        unique_values=(("stripe_customer_id", "stripe_customer_id"),),
    ),
    TablePolicy(
        "billing/credit_balances",
        CreditBalance,
        personal=columns("relationship_id"),
        impersonal=columns(
            "balance suspended shortfall lots version carried_until expires_in expires_next_at changed_on updated_at"
        ),
        queries=(*_ledger(SubjectType.MEMBER), *_ledger(SubjectType.STORE)),
    ),
    TablePolicy(
        "billing/ai_credits",
        CreditEntry,
        personal=columns("relationship_id reason source_key"),
        impersonal=columns("id entry_type amount balance_after lot_id payment_transaction_id expires_at created_at"),
        queries=(*_ledger(SubjectType.MEMBER), *_ledger(SubjectType.STORE)),
        unique_values=(("source_key", "source_key"),),
    ),
    TablePolicy(
        "billing/monthly_grants",
        MonthlyGrant,
        personal=columns("owner lots relationship_id"),
        impersonal=columns("month claims granted carried version updated_at"),
        queries=tuple(SubjectQuery(who, "owner", "{subject_type}/{id}") for who in OWNERS),
    ),
    TablePolicy(
        "billing/gifts",
        Gift,
        personal=columns("buyer_id recipient_email recipient_id relationship_id message"),
        impersonal=columns(
            """code plan_name status payment_transaction_id subscription_id expires_at redeemed_at created_at
            updated_at"""
        ),
        queries=(
            SubjectQuery(SubjectType.MEMBER, "buyer_id", "{id}", redactions=_GIVEN, keep_reason=_THEIRS_TOO),
            SubjectQuery(
                SubjectType.MEMBER,
                "recipient_email",
                "{email}",
                via=_CUSTOMERS,
                transform=str.lower,
                redactions=_TAKEN,
                keep_reason=_THEIRS_TOO,
            ),
            SubjectQuery(
                SubjectType.MEMBER, "recipient_id", "{id}", redactions=_TAKEN, keep_reason=_THEIRS_TOO, scan_reason=_FEW
            ),
        ),
    ),
    TablePolicy(
        "billing/subscriptions",
        Subscription,
        personal=columns(
            "owner owner_id stripe_customer_id stripe_subscription_id gifted_by gift_message",
        ),
        impersonal=columns(
            """id owner_type plan_name status price_monthly price_annual billing_cycle currency max_products
            max_orders_per_month max_storage_gb max_api_calls_per_month is_gift started_at trial_ends_at
            current_period_start current_period_end cancel_at_period_end cancelled_at ended_at past_due_since
            last_stripe_event_at refunded_at reminded_until renews_in version created_at updated_at"""
        ),
        queries=(
            *(SubjectQuery(who, "owner", "{subject_type}/{id}") for who in OWNERS),
            SubjectQuery(
                SubjectType.MEMBER,
                "gifted_by",
                "{id}",
                redactions={"gifted_by": ErasureAction.PSEUDONYM, "gift_message": ErasureAction.REMOVED},
                keep_reason=_THEIRS_TOO,
                scan_reason=_FEW,
            ),
        ),
    ),
    TablePolicy(
        "billing/payment_transactions",
        PaymentTransaction,
        personal=columns("owner owner_id relationship_id description invoice_url failure_reason"),
        impersonal=columns(
            """id owner_type subscription_id kind amount currency status payment_method payment_provider_id
            stripe_invoice_id stripe_payment_intent_id stripe_charge_id refunded_amount returned_amount lost_amount
            refunding_amount credit_held credit_used credit_unbacked reversed_at disputed_at processed_at day period_end
            item addon_ids dispute credits credits_taken credits_owed stripe_event_id months months_from month_claims plan_name replaced_credits plan_from
            next_grant_day version created_at"""
        ),
        queries=tuple(
            SubjectQuery(who, "owner", "{subject_type}/{id}", redactions=_PAID, keep_reason=_LAW) for who in OWNERS
        ),
        note="Stripe's ids stay: they lead to the invoice that the tax office may ask for.",
    ),
    TablePolicy(
        "billing/refunds",
        Refund,
        personal=columns("user_id reason"),
        impersonal=columns(
            """id payment_transaction_id owner_type amount currency status stripe_refund_id requested_at processed_at
            created_at updated_at"""
        ),
        queries=tuple(
            SubjectQuery(who, "user_id", "{id}", redactions=_PAID_BACK, keep_reason=_LAW, scan_reason=_FEW)
            for who in OWNERS
        ),
        note="One lives longer than its payment, by the time between the two: it is not found through that.",
    ),
    TablePolicy(
        "billing/user_addons",
        UserAddon,
        personal=columns("user_id stripe_subscription_id stripe_subscription_item_id"),
        impersonal=columns(
            """id payment_transaction_id addon_id status purchased_at expires_at refunded_until created_at
            updated_at"""
        ),
        queries=(SubjectQuery(SubjectType.MEMBER, "user_id", "{id}"),),
        unique_values=(("stripe_subscription_item_id", "stripe_subscription_item_id"),),
    ),
    TablePolicy(
        "billing/discount_usage",
        DiscountUsage,
        personal=columns("redemption user_id request_key checkout_session_id"),
        impersonal=columns(
            "code owner_type status reserved_until subscription_id payment_transaction_id discount_amount used_at"
        ),
        queries=tuple(SubjectQuery(who, "user_id", "{id}", counter=_USED) for who in OWNERS),
    ),
    TablePolicy(
        "billing/stripe_webhooks",
        StripeWebhook,
        personal=columns("payload payload_ref"),
        impersonal=columns(
            """stripe_event_id event_type api_version livemode status attempts error_message stripe_created_at
            received_at processed_at unfinished expires_epoch"""
        ),
        queries=tuple(
            SubjectQuery(
                who,
                "payload",
                "{stripe_customer_id}",
                via=_CUSTOMERS,
                contains=True,
                owner=OwnerFilter(json_column="payload"),
                redactions=_TOLD,
                keep_reason="that an event came proves the payment that it told of",
                scan_reason="Stripe's events name their customer in many places; they live for 90 days",
            )
            for who in OWNERS
        ),
    ),
    TablePolicy(
        "billing/subscription_plans",
        SubscriptionPlan,
        impersonal=columns(
            """id name description audience price_monthly price_annual billing_cycle currency features limits
            included_credits trial_days stripe_product_id stripe_prices is_active sort_order created_at updated_at"""
        ),
    ),
    TablePolicy(
        "billing/subscription_addons",
        SubscriptionAddon,
        impersonal=columns(
            """id name description category price currency billing_cycle stripe_product_id stripe_price_id
            earlier_price_ids is_active
            created_at updated_at"""
        ),
    ),
    TablePolicy(
        "billing/discount_codes",
        DiscountCode,
        impersonal=columns(
            """code kind description discount_type value currency max_uses times_used max_uses_per_user applies_to
            valid_from expires_at stripe_coupon_id stripe_promotion_code_id duration duration_months is_active
            created_at updated_at"""
        ),
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
