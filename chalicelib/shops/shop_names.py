"""The names of a shop: its id at Shopify, its first myshopify domain, and later ones. No I/O.

A merchant can change the myshopify domain. Every row of a shop is stored under the first domain that we knew; the shop's id
(GID) shows that a later domain is the same shop's (ADR 40).
Source: shopify.dev/docs/api/admin-graphql, object Shop (`id`, `myshopifyDomain`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.shops.errors import ShopDomainTaken


@dataclass(frozen=True, slots=True)
class ShopIdentity:
    """A shop as Shopify reported it: its GID, its present myshopify domain, and when that was reported."""

    shopify_id: str
    domain: str
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class StoredName:
    """The stored names of the shop whose first domain is `shop`: its GID, None if unknown, and its present domain.

    `current_domain` is as in the shop's row: None if it is `shop`, empty if it is unknown.
    """

    shop: str
    shopify_id: str | None
    current_domain: str | None

    @property
    def present_domain(self) -> str:
        """The domain to call; the first one if the present one is unknown."""
        return self.current_domain or self.shop

    def is_current(self, domain: str) -> bool:
        """Return whether `domain` is the shop's present domain, as far as we know."""
        return domain == (self.shop if self.current_domain is None else self.current_domain)

    def may_be(self, shopify_id: str) -> bool:
        """Return whether the shop has this GID. One with an unknown GID may have it while its first domain is current."""
        return shopify_id == self.shopify_id or (self.shopify_id is None and self.is_current(self.shop))


def decide_shop(identity: ShopIdentity, called: str, owner: str | None, stored: dict[str, StoredName]) -> str:
    """Return the first domain of the shop, under which its rows are stored.

    `called` is the domain whose Admin API reported the identity, which may be an earlier one; `owner` the first domain of
    the shop with this GID, if stored; `stored` what is stored about the shops whose first domains are `called` and the
    reported one. Raises ShopDomainTaken if another shop's rows are stored under each of these.
    """
    if owner is not None:
        return owner
    for domain in (called, identity.domain):
        if domain in stored and stored[domain].may_be(identity.shopify_id):
            return domain
    for domain in (identity.domain, called):
        if domain not in stored:
            return domain
    raise ShopDomainTaken
