"""Webhook deliveries that are late, repeated or lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from infra.sandbox.delivery import Webhook
from infra.sandbox.shopify.webhooks import header


@dataclass
class PendingDelivery:
    """A webhook delivery that may arrive at any time after `due_at`."""

    webhook: Webhook
    due_at: datetime
    arrivals: int = 0
    is_lost: bool = False

    @property
    def topic(self) -> str:
        return header(self.webhook, "Topic")
