"""A store as a customer of billing and as a site of analytics."""

from __future__ import annotations

from chalicelib.analytics import service as analytics
from chalicelib.billing import service as billing
from chalicelib.platform.models import PlatformUser, Store
from chalicelib.platform.repository import owners, stores


def register_store(store: Store) -> None:
    """Register the store's name, currency, time zone and its owner's e-mail with billing and analytics. Idempotent.

    Raises Unauthenticated if its owner does not exist.
    """
    _register(store, owners.get_owner(store.owner_id).email)


def register_stores(owner: PlatformUser) -> None:
    """Register all stores of an owner again, with the e-mail of this row."""
    for store in stores.iterate_by_owner(owner.id):
        _register(store, owner.email)


def _register(store: Store, email: str) -> None:
    billing.register_customer("store", store.id, email, name=store.name, timezone=store.timezone)
    analytics.register_site(
        f"store:{store.id}",
        store.name,
        time_zone=store.timezone,
        currency=store.currency,
        readers=[f"store:{store.id}"],
    )
