"""The Stripe sandbox."""

from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.sandbox import SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET, StripeSandbox
from infra.sandbox.stripe.shapes import NEW_API_VERSION, OLD_API_VERSION

__all__ = [
    "NEW_API_VERSION",
    "OLD_API_VERSION",
    "SANDBOX_SECRET_KEY",
    "SANDBOX_WEBHOOK_SECRET",
    "ApiError",
    "StripeSandbox",
]
