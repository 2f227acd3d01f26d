"""The Shopify apps of this deployment, each with its handle, key, secrets, scopes and webhook topics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.integrations.shopify.oauth import Client
from chalicelib.kit import secret_reader
from chalicelib.kit.config import SettingMissing
from chalicelib.shops.errors import AppNotFound

_INSTALLATION = ("app/uninstalled", "app/scopes_update", "shop/update")
_PRODUCTS = ("products/update", "products/delete")

TOPICS = {
    "discounts": (
        *_INSTALLATION,
        "orders/create",
        "orders/paid",
        "orders/updated",
        "orders/edited",
        "orders/cancelled",
        "refunds/create",
        *_PRODUCTS,
    ),
    "studio": (*_INSTALLATION, "orders/paid", "orders/edited", "orders/cancelled", "refunds/create", *_PRODUCTS),
}
"""Webhook topics to subscribe each shop to, by app. Privacy topics are declared in `shopify.app.<app>.toml`."""


@dataclass(frozen=True, slots=True)
class App:
    """A Shopify app. During a rotation of its secret it has two secrets, the new one first."""

    handle: str
    key: str
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def client(self) -> Client:
        return Client(self.key, self.secrets[0])

    @property
    def scopes(self) -> str:
        """Access scopes, separated by commas. Raises SettingMissing if they are not configured."""
        return secret_reader.secret(f"SHOPIFY_{self.handle.upper()}_SCOPES")

    @property
    def topics(self) -> tuple[str, ...]:
        return TOPICS[self.handle]


def get_app(handle: str) -> App:
    """Return the app. Raises AppNotFound if it does not exist or has no credentials in this deployment."""
    if handle not in TOPICS:
        raise AppNotFound
    try:
        secrets = secret_reader.secret(f"SHOPIFY_{handle.upper()}_API_SECRET").split(",")
        key = secret_reader.secret(f"SHOPIFY_{handle.upper()}_API_KEY")
        return App(handle, key, tuple(secret.strip() for secret in secrets))
    except SettingMissing as error:
        raise AppNotFound from error


def iterate_configured_apps() -> Iterator[App]:
    """Yield every app with credentials in this deployment."""
    for handle in TOPICS:
        try:
            yield get_app(handle)
        except AppNotFound:
            continue
