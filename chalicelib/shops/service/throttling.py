"""Work that Shopify asks to wait for is put off, longer each time, and takes its place in the queue again."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from chalicelib.integrations.shopify import ShopifyThrottled
from chalicelib.kit.messages import publish
from chalicelib.shops.schemas.messages import ShopifyWork

W = TypeVar("W", bound=ShopifyWork)

ATTEMPTS = 8
"""How often work lets Shopify ask it to wait before it counts as failed: some 15 minutes in all."""


def when_affordable(work: Callable[[W], None], request: W) -> None:
    """Do the work; where Shopify is out of points for us, publish the request again, delayed.

    The delay is what Shopify says the points need to come back, and at least twice that of the try before, with
    jitter. Raises ShopifyThrottled after the last attempt.
    """
    try:
        work(request)
    except ShopifyThrottled as throttled:
        if request.attempt >= ATTEMPTS:
            raise
        wait = max(throttled.retry_after, 2**request.attempt) * random.uniform(1, 1.5)
        publish(request.model_copy(update={"attempt": request.attempt + 1}), delay_seconds=round(min(900, wait)))
