"""Auth verifiers of the studio's endpoints: merchants and shoppers of the studio app, not of the shop's other apps."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from chalicelib.kit.auth import Credentials
from chalicelib.shops import service as shops
from chalicelib.shops.service import Merchant, Shopper
from chalicelib.studio.errors import WrongApp
from chalicelib.studio.models import APP

__all__ = ["APP", "Merchant", "Shopper", "merchant", "shopper"]

C = TypeVar("C", Merchant, Shopper)


def _of_this_app(verifier: Callable[[Credentials], C]) -> Callable[[Credentials], C]:
    @functools.wraps(verifier)
    def verify(credentials: Credentials) -> C:
        caller = verifier(credentials)
        if caller.app != APP:
            raise WrongApp
        return caller

    return verify


merchant = _of_this_app(shops.merchant)
"""Verifies as `shops.service.merchant` does; also raises WrongApp."""
shopper = _of_this_app(shops.shopper)
"""Verifies as `shops.service.shopper` does; also raises WrongApp."""
