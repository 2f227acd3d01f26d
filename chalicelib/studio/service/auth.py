"""Auth verifiers of the studio's endpoints: merchants and shoppers of the studio app, not of the shop's other apps."""

from __future__ import annotations

from chalicelib.shops import service as shops
from chalicelib.shops.service import Merchant, Shopper
from chalicelib.studio.models import APP

__all__ = ["APP", "Merchant", "Shopper", "merchant", "shopper"]

merchant = shops.only_app(shops.merchant, APP)
"""Verifies as `shops.service.merchant` does; also raises WrongApp."""
shopper = shops.only_app(shops.shopper, APP)
"""Verifies as `shops.service.shopper` does; also raises WrongApp."""
