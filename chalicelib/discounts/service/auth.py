"""Auth verifier of the discounts' endpoints: merchants of the discounts app, not of the shop's other apps."""

from __future__ import annotations

from chalicelib.discounts.models import APP
from chalicelib.shops import service as shops
from chalicelib.shops.service import Merchant

__all__ = ["APP", "Merchant", "merchant"]

merchant = shops.only_app(shops.merchant, APP)
"""Verifies as `shops.service.merchant` does; also raises WrongApp."""
