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
from chalicelib.kit.lifecycle import Rule, Then
from chalicelib.kit.personal import Bucket, Claim, Counted, Fate, Holding, Prefix, Whose, columns
from chalicelib.kit.subjects import Who

RULES: tuple[Rule, ...] = (
    Rule("billing/payment_transactions", PaymentTransaction, "created_at", PaymentTransaction.KEEP, Then.DELETE),
    Rule("billing/monthly_grants", MonthlyGrant, "updated_at", MonthlyGrant.KEEP, Then.DELETE),
    Rule("billing/refunds", Refund, "requested_at", PaymentTransaction.KEEP, Then.DELETE),
    Rule("billing/stripe_webhooks", StripeWebhook, "processed_at", StripeWebhook.KEEP, Then.DELETE),
)

OWNERS = (Who.MEMBER, Who.STORE)
_CUSTOMERS = "billing/customers"
_LAW = "payments are kept for the legal time of seven years"
_THEIRS_TOO = "it is somebody else's as well"
_FEW = "few rows, and a key for this would serve nothing else"
_GIVEN = {"buyer_id": Fate.PSEUDONYM, "message": Fate.REMOVED}
_TAKEN = {
    "recipient_email": Fate.PSEUDONYM,
    "recipient_id": Fate.PSEUDONYM,
    "relationship_id": Fate.REMOVED,
    "message": Fate.REMOVED,
}
_PAID = {
    "owner": Fate.PSEUDONYM,
    "owner_id": Fate.PSEUDONYM,
    "relationship_id": Fate.REMOVED,
    "description": Fate.REMOVED,
    "invoice_url": Fate.REMOVED,
    "failure_reason": Fate.REMOVED,
}
_TOLD = {"payload": Fate.REMOVED, "payload_ref": Fate.REMOVED}
_PAID_BACK = {"user_id": Fate.PSEUDONYM, "reason": Fate.REMOVED}
_USED = Counted("", DiscountCode, "{code}", "times_used", unless=("status", RedemptionStatus.RELEASED))


def _ledger(who: Who) -> tuple[Claim, ...]:
    """A couple's credits stay with the other; one's own go."""
    shared = Claim(
        who,
        "relationship_id",
        "{relationship_id}",
        through=_CUSTOMERS,
        shared="{owner_type}:{owner_id}",
        because="a couple's credits stay while the other is there",
        scan=_FEW,
    )
    return shared, Claim(who, "relationship_id", "{id}")


PERSONAL = (
    Holding(
        _CUSTOMERS,
        Customer,
        personal=columns("owner_id email name timezone stripe_customer_id relationship_id plan_source"),
        impersonal=columns("owner_type stripe_deleted_at created_at updated_at"),
        claims=tuple(Claim(who, "owner_type", "{who}", range="{id}") for who in OWNERS),
        also="stripe_customer_id",
        guards=(("stripe_customer_id", "stripe_customer_id"),),
    ),
    Holding(
        "billing/credit_balances",
        CreditBalance,
        personal=columns("relationship_id"),
        impersonal=columns(
            "balance suspended shortfall lots version carried_until expires_in expires_next_at changed_on updated_at"
        ),
        claims=(*_ledger(Who.MEMBER), *_ledger(Who.STORE)),
    ),
    Holding(
        "billing/ai_credits",
        CreditEntry,
        personal=columns("relationship_id reason source_key"),
        impersonal=columns("id entry_type amount balance_after lot_id payment_transaction_id expires_at created_at"),
        claims=(*_ledger(Who.MEMBER), *_ledger(Who.STORE)),
        guards=(("source_key", "source_key"),),
    ),
    Holding(
        "billing/monthly_grants",
        MonthlyGrant,
        personal=columns("owner lots relationship_id"),
        impersonal=columns("month claims granted carried version updated_at"),
        claims=tuple(Claim(who, "owner", "{who}/{id}") for who in OWNERS),
    ),
    Holding(
        "billing/gifts",
        Gift,
        personal=columns("buyer_id recipient_email recipient_id relationship_id message"),
        impersonal=columns(
            """code plan_name status payment_transaction_id subscription_id expires_at redeemed_at created_at
            updated_at"""
        ),
        claims=(
            Claim(Who.MEMBER, "buyer_id", "{id}", kept=_GIVEN, because=_THEIRS_TOO),
            Claim(
                Who.MEMBER,
                "recipient_email",
                "{email}",
                through=_CUSTOMERS,
                made=str.lower,
                kept=_TAKEN,
                because=_THEIRS_TOO,
            ),
            Claim(Who.MEMBER, "recipient_id", "{id}", kept=_TAKEN, because=_THEIRS_TOO, scan=_FEW),
        ),
    ),
    Holding(
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
        claims=(
            *(Claim(who, "owner", "{who}/{id}") for who in OWNERS),
            Claim(
                Who.MEMBER,
                "gifted_by",
                "{id}",
                kept={"gifted_by": Fate.PSEUDONYM, "gift_message": Fate.REMOVED},
                because=_THEIRS_TOO,
                scan=_FEW,
            ),
        ),
    ),
    Holding(
        "billing/payment_transactions",
        PaymentTransaction,
        personal=columns("owner owner_id relationship_id description invoice_url failure_reason"),
        impersonal=columns(
            """id owner_type subscription_id kind amount currency status payment_method payment_provider_id
            stripe_invoice_id stripe_payment_intent_id stripe_charge_id refunded_amount returned_amount lost_amount
            refunding_amount reversed_at disputed_at processed_at day period_end item addon_ids dispute credits
            credits_taken stripe_event_id months months_from month_claims plan_name plan_from next_grant_day version
            created_at"""
        ),
        claims=tuple(Claim(who, "owner", "{who}/{id}", kept=_PAID, because=_LAW) for who in OWNERS),
        remark="Stripe's ids stay: they lead to the invoice that the tax office may ask for.",
    ),
    Holding(
        "billing/refunds",
        Refund,
        personal=columns("user_id reason"),
        impersonal=columns(
            """id payment_transaction_id owner_type amount currency status stripe_refund_id requested_at processed_at
            created_at updated_at"""
        ),
        claims=tuple(Claim(who, "user_id", "{id}", kept=_PAID_BACK, because=_LAW, scan=_FEW) for who in OWNERS),
        remark="One lives longer than its payment, by the time between the two: it is not found through that.",
    ),
    Holding(
        "billing/user_addons",
        UserAddon,
        personal=columns("user_id stripe_subscription_id stripe_subscription_item_id"),
        impersonal=columns(
            """id payment_transaction_id addon_id status purchased_at expires_at refunded_until created_at
            updated_at"""
        ),
        claims=(Claim(Who.MEMBER, "user_id", "{id}"),),
        guards=(("stripe_subscription_item_id", "stripe_subscription_item_id"),),
    ),
    Holding(
        "billing/discount_usage",
        DiscountUsage,
        personal=columns("redemption user_id request_key checkout_session_id"),
        impersonal=columns(
            "code owner_type status reserved_until subscription_id payment_transaction_id discount_amount used_at"
        ),
        claims=tuple(Claim(who, "user_id", "{id}", counted=_USED) for who in OWNERS),
    ),
    Holding(
        "billing/stripe_webhooks",
        StripeWebhook,
        personal=columns("payload payload_ref"),
        impersonal=columns(
            """stripe_event_id event_type api_version livemode status attempts error_message stripe_created_at
            received_at processed_at unfinished expires_epoch"""
        ),
        claims=tuple(
            Claim(
                who,
                "payload",
                "{stripe_customer_id}",
                through=_CUSTOMERS,
                contains=True,
                whose=Whose(mention="payload"),
                kept=_TOLD,
                because="that an event came proves the payment that it told of",
                scan="Stripe's events name their customer in many places; they live for 90 days",
            )
            for who in OWNERS
        ),
    ),
    Holding(
        "billing/subscription_plans",
        SubscriptionPlan,
        impersonal=columns(
            """id name description audience price_monthly price_annual billing_cycle currency features limits
            included_credits trial_days stripe_product_id stripe_prices is_active sort_order created_at updated_at"""
        ),
    ),
    Holding(
        "billing/subscription_addons",
        SubscriptionAddon,
        impersonal=columns(
            """id name description category price currency billing_cycle stripe_product_id stripe_price_id
            earlier_price_ids is_active
            created_at updated_at"""
        ),
    ),
    Holding(
        "billing/discount_codes",
        DiscountCode,
        impersonal=columns(
            """code kind description discount_type value currency max_uses times_used max_uses_per_user applies_to
            valid_from expires_at stripe_coupon_id stripe_promotion_code_id duration duration_months is_active
            created_at updated_at"""
        ),
    ),
)
PREFIXES = (
    Prefix(
        Bucket.IMAGES,
        "payloads/billing/",
        folders=dict.fromkeys(OWNERS, "payloads/billing/"),
        judged=frozenset(OWNERS),
        remark="Events of over 300 KB; the bucket ends them after 90 days.",
    ),
)
