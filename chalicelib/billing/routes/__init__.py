"""HTTP of billing: members, stores, operators, Stripe."""

from chalicelib.billing.routes.addons import bp as addon_routes
from chalicelib.billing.routes.changes import bp as change_routes
from chalicelib.billing.routes.codes import bp as code_routes
from chalicelib.billing.routes.credits import bp as credit_routes
from chalicelib.billing.routes.gifts import bp as gift_routes
from chalicelib.billing.routes.operator import bp as operator_routes
from chalicelib.billing.routes.payments import bp as payment_routes
from chalicelib.billing.routes.subscription import bp as subscription_routes
from chalicelib.billing.routes.webhook import bp as webhook_routes

__all__ = [
    "addon_routes",
    "change_routes",
    "code_routes",
    "credit_routes",
    "gift_routes",
    "operator_routes",
    "payment_routes",
    "subscription_routes",
    "webhook_routes",
]
