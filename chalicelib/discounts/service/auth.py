"""Auth verifiers of the discounts' endpoints: merchants and shoppers of the discounts app, not of the shop's other apps."""

from __future__ import annotations

from chalicelib.discounts.models import APP
from chalicelib.shops import service as shops
from chalicelib.shops.service import Merchant, Shopper

__all__ = ["APP", "Merchant", "Shopper", "merchant", "shopper"]

merchant = shops.only_app(shops.merchant, APP)
"""Verifies as `shops.service.merchant` does; also raises WrongApp."""
shopper = shops.only_app(shops.shopper, APP)
"""Verifies as `shops.service.shopper` does; also raises WrongApp."""
