"""The events of purchases. A retry sends the same event: its id is derived from the customer and the day."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.analytics.domain.purchases import PURCHASED, Purchase
from chalicelib.analytics.enums import CollectedType
from chalicelib.analytics.repository import recurring_revenue
from chalicelib.analytics.schemas.events import TrackedEvent
from chalicelib.analytics.service import own_sites
from chalicelib.kit import config, ids

_NAMESPACE = "f0a1c7b2-4a55-4d39-9e57-6d1a0c3e8b42"


def send_purchases(owner: str, purchases: Iterable[Purchase]) -> None:
    """Send an event to the ingest for each purchase of an owner, with the MRR as its value.

    The events are of the type `system`: a subscription may begin while its owner is away, so they open no visit.
    """
    events = [_event(owner, each) for each in purchases]
    if events:
        own_sites.track(own_sites.tenant_of(recurring_revenue.scope_of(owner)), events)


def _event(owner: str, purchase: Purchase) -> TrackedEvent:
    return TrackedEvent(
        id=ids.derived(_NAMESPACE, owner, purchase.day.isoformat()),
        name=PURCHASED,
        type=CollectedType.SYSTEM,
        at=purchase.at,
        time_zone="UTC",
        user_id=recurring_revenue.owner_id_of(owner),
        value=purchase.mrr,
        currency=config.settings().reporting_currency,
        data={"kind": purchase.kind},
    )
