"""Tables of billing. Money is exact decimals in the currency's main unit."""

from chalicelib.billing.models.credits import CreditBalance, CreditEntry, MonthlyGrant
from chalicelib.billing.models.customers import Customer
from chalicelib.billing.models.discount_codes import DiscountCode, DiscountUsage
from chalicelib.billing.models.payments import PaymentTransaction, Refund
from chalicelib.billing.models.plans import SubscriptionAddon, SubscriptionPlan
from chalicelib.billing.models.stripe_events import StripeWebhook
from chalicelib.billing.models.subscriptions import Gift, Subscription, UserAddon

__all__ = [
    "CreditBalance",
    "CreditEntry",
    "Customer",
    "DiscountCode",
    "DiscountUsage",
    "Gift",
    "MonthlyGrant",
    "PaymentTransaction",
    "Refund",
    "StripeWebhook",
    "Subscription",
    "SubscriptionAddon",
    "SubscriptionPlan",
    "UserAddon",
]
