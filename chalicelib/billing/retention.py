"""How long billing's rows live. Payments as long as the law wants to see them; events as long as one may replay them."""

from __future__ import annotations

from chalicelib.billing.models import PaymentTransaction, StripeWebhook
from chalicelib.kit.lifecycle import Rule, Then

RULES: tuple[Rule, ...] = (
    Rule("billing/payment_transactions", PaymentTransaction, "created_at", PaymentTransaction.KEEP, Then.DELETE),
    Rule("billing/stripe_webhooks", StripeWebhook, "processed_at", StripeWebhook.KEEP, Then.DELETE),
)
