"""The Shopify apps of this deployment: each with its own handle, key, secret, scopes and webhook topics."""

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
"""What each shop is subscribed to, by app. The privacy topics stand in `shopify.app.<app>.toml`."""


@dataclass(frozen=True, slots=True)
class App:
    """A Shopify app as its dashboard shows it. While its secret is rotated it has two, the new one first."""

    handle: str
    key: str
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def client(self) -> Client:
        return Client(self.key, self.secrets[0])

    @property
    def scopes(self) -> str:
        """Access scopes, separated by commas. Raises SettingMissing where they are not set."""
        return secret_reader.secret(f"SHOPIFY_{self.handle.upper()}_SCOPES")

    @property
    def topics(self) -> tuple[str, ...]:
        return TOPICS[self.handle]


def get_app(handle: str) -> App:
    """The app called `handle`. Raises UnknownApp where it does not exist or has no credentials here."""
    if handle not in TOPICS:
        raise AppNotFound
    prefix = f"SHOPIFY_{handle.upper()}_API"
    try:
        secrets = secret_reader.secret(f"{prefix}_SECRET").split(",")
        return App(handle, secret_reader.secret(f"{prefix}_KEY"), tuple(secret.strip() for secret in secrets))
    except SettingMissing as missing:
        raise AppNotFound from missing


def iterate_configured_apps() -> Iterator[App]:
    """Every app that has credentials here."""
    for handle in TOPICS:
        try:
            yield get_app(handle)
        except AppNotFound:
            continue
