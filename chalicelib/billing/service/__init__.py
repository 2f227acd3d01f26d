"""Use cases of billing, a module a family; what other contexts may use is exported here."""

from chalicelib.billing.service.customers import register_customer
from chalicelib.billing.service.plans import sync_plans
from chalicelib.billing.service.subscriptions import Entitlement, entitlement

__all__ = ["Entitlement", "entitlement", "register_customer", "sync_plans"]
