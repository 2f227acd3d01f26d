"""The SAMPLE catalogue: invented values for everything without a documented price. Edit it before going live.

Prices are in USD and exclude tax. After a change here, run the operator command that syncs the plans.
"""

from __future__ import annotations

from decimal import Decimal

STORE_PRICES = {
    "starter": {"monthly": Decimal("29.00"), "annual": Decimal("290.00")},
    "professional": {"monthly": Decimal("99.00"), "annual": Decimal("990.00")},
    "enterprise": {"monthly": Decimal("399.00"), "annual": Decimal("3990.00")},
}

STORE_LIMITS = {
    "free": {
        "max_products": 25,
        "max_orders_per_month": 50,
        "max_storage_gb": 1,
        "max_api_calls_per_month": 10_000,
    },
    "starter": {
        "max_products": 500,
        "max_orders_per_month": 1_000,
        "max_storage_gb": 10,
        "max_api_calls_per_month": 100_000,
    },
    "professional": {
        "max_products": 5_000,
        "max_orders_per_month": 10_000,
        "max_storage_gb": 100,
        "max_api_calls_per_month": 1_000_000,
    },
    "enterprise": {
        "max_products": 100_000,
        "max_orders_per_month": 250_000,
        "max_storage_gb": 1_000,
        "max_api_calls_per_month": 20_000_000,
    },
}

CREDITS_PER_MONTH = {"try_it_out": 20, "better_together": 40, "premium_plus": 80}

GRANT_LASTS_MONTHS = 12
"""Months after which unused granted credits expire."""

TRIAL_DAYS = {"starter": 14, "professional": 14}

ADDON_PRICES = {
    "coaching_session": Decimal("79.00"),
    "premium_features": Decimal("9.00"),
    "calendar_plus": Decimal("5.00"),
}

CREDIT_PACKS = {
    "credits_50": (50, Decimal("5.00")),
    "credits_200": (200, Decimal("18.00")),
    "credits_1000": (1_000, Decimal("80.00")),
}
"""Number of credits and price by pack id. Bought credits do not expire."""

GIFT_LASTS_MONTHS = 12
"""Months after its purchase at which an unredeemed gift expires."""
