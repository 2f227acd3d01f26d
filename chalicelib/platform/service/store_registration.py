"""A store as a customer of billing and as a site of analytics."""

from __future__ import annotations

from chalicelib.analytics import service as analytics
from chalicelib.billing import service as billing
from chalicelib.platform.models import Store
from chalicelib.platform.repository import owners, stores


def register_store(store: Store) -> None:
    """Register the store's name, currency, time zone and its owner's e-mail with billing and analytics. Idempotent.

    Raises Unauthenticated if its owner does not exist.
    """
    owner = owners.get_owner(store.owner_id)
    billing.register_customer("store", store.id, owner.email, name=store.name, timezone=store.timezone)
    analytics.register_site(
        f"store:{store.id}",
        store.name,
        time_zone=store.timezone,
        currency=store.currency,
        readers=[f"owner:{store.owner_id}"],
    )


def register_stores(owner_id: str) -> None:
    """Register all stores of an owner again, whose e-mail has changed."""
    for store in stores.iterate_by_owner(owner_id):
        register_store(store)
