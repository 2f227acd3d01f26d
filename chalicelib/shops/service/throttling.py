"""Postponement of work that Shopify throttles: published back to its queue with a growing delay."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from chalicelib.integrations.shopify.errors import ShopifyThrottled
from chalicelib.kit.messages import publish
from chalicelib.shops.schemas.messages import ShopifyWork

W = TypeVar("W", bound=ShopifyWork)

ATTEMPTS = 8
"""How often work may be throttled before it counts as failed: about 15 minutes in total."""


def run_or_postpone(work: Callable[[W], None], request: W) -> None:
    """Run the work; if Shopify throttles it, publish the request with a delay.

    The delay is what Shopify's rate limit needs, but at least 2**attempt seconds, with jitter; at most 900 seconds.
    Raises ShopifyThrottled after ATTEMPTS attempts.
    """
    try:
        work(request)
    except ShopifyThrottled as throttled:
        if request.attempt >= ATTEMPTS:
            raise
        wait = max(throttled.retry_after, 2**request.attempt) * random.uniform(1, 1.5)
        publish(request.model_copy(update={"attempt": request.attempt + 1}), delay_seconds=round(min(900, wait)))
