"""Use cases of billing. This module exports the functions that other contexts may call."""

from chalicelib.billing.service.customers import register_customer
from chalicelib.billing.service.entitlements import Entitlement, entitlement
from chalicelib.billing.service.plans import sync_plans

__all__ = ["Entitlement", "entitlement", "register_customer", "sync_plans"]
