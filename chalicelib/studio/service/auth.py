"""Who calls the studio: the studio app's merchants and shoppers. Another app of the same shop is another tenant."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from chalicelib.kit.auth import Credentials
from chalicelib.shops import service as shops
from chalicelib.shops.service import Merchant, Shopper
from chalicelib.studio.app import APP
from chalicelib.studio.errors import WrongApp

__all__ = ["APP", "Merchant", "Shopper", "merchant", "shopper"]

C = TypeVar("C", Merchant, Shopper)


def _of_this_app(verifier: Callable[[Credentials], C]) -> Callable[[Credentials], C]:
    @functools.wraps(verifier)
    def narrowed(credentials: Credentials) -> C:
        caller = verifier(credentials)
        if caller.app != APP:
            raise WrongApp
        return caller

    return narrowed


merchant = _of_this_app(shops.merchant)
"""As `shops.service.merchant`; also raises AnotherApp."""
shopper = _of_this_app(shops.shopper)
"""As `shops.service.shopper`; also raises AnotherApp."""
