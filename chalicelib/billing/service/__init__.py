"""Use cases of billing. This module exports the functions that other contexts may call.

The functions that write credits, call Stripe or know the stores' plans are imported when they are first used: reading an
entitlement imports nothing of them (ADR 13). The packager derives the rights of a caller from the imports for the type
checker.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chalicelib.billing.service.customers import register_customer
from chalicelib.billing.service.entitlements import Entitlement, entitlement
from chalicelib.billing.service.plans import sync_plans

if TYPE_CHECKING:
    from chalicelib.billing.service.addon_use import HeldAddon, addons_of, consume_addon, return_addon
    from chalicelib.billing.service.credit_returns import return_credits
    from chalicelib.billing.service.credit_transfers import move_credits
    from chalicelib.billing.service.credits import spend_credits
    from chalicelib.billing.service.departures import leave
    from chalicelib.billing.service.store_plans import store_plan_above, store_plan_limits

__all__ = [
    "Entitlement",
    "HeldAddon",
    "addons_of",
    "consume_addon",
    "entitlement",
    "leave",
    "move_credits",
    "register_customer",
    "return_addon",
    "return_credits",
    "spend_credits",
    "store_plan_above",
    "store_plan_limits",
    "sync_plans",
]

_MODULES = {
    "HeldAddon": "addon_use",
    "addons_of": "addon_use",
    "consume_addon": "addon_use",
    "leave": "departures",
    "move_credits": "credit_transfers",
    "return_addon": "addon_use",
    "return_credits": "credit_returns",
    "spend_credits": "credits",
    "store_plan_above": "store_plans",
    "store_plan_limits": "store_plans",
}
"""The modules of the functions that are imported when they are first used."""


def __getattr__(name: str) -> Any:
    """Import an exported function at its first use. Raises AttributeError for another name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
