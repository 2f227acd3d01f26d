"""Domains of a shop: find the first domain by GID or later domain, and store a domain that Shopify reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Transaction, get_many
from chalicelib.shops.models import Shop, ShopDomain
from chalicelib.shops.repository import installations
from chalicelib.shops.shop_names import ShopIdentity, StoredName, decide_shop


@dataclass(frozen=True, slots=True)
class IdentifiedShop:
    """A shop that Shopify identified: `shop` is its first domain, `row` its row or None, `called` the domain of the call.

    `has_claim` is whether the GID is claimed for `shop`. `displaced` is the row of another shop whose first domain is now
    this shop's. `mapped` lists the answering and the reported domain, as far as they are stored as later domains.
    """

    shop: str
    row: Shop | None
    called: str
    identity: ShopIdentity
    has_claim: bool
    displaced: Shop | None
    mapped: tuple[ShopDomain, ...]

    @property
    def later_domains(self) -> list[str]:
        """The answering and the reported domain, without the first one."""
        return [domain for domain in dict.fromkeys((self.called, self.identity.domain)) if domain != self.shop]

    @property
    def new_domains(self) -> list[str]:
        """Those of `later_domains` that are not stored as this shop's."""
        known = {each.domain for each in self.mapped if each.shop == self.shop}
        return [domain for domain in self.later_domains if domain not in known]

    @property
    def is_newest(self) -> bool:
        """Whether no later report is stored."""
        reported_at = self.row.domain_reported_at if self.row else None
        return reported_at is None or reported_at <= self.identity.reported_at

    @property
    def is_known(self) -> bool:
        """Whether everything that Shopify reported is stored."""
        if self.row is None or not self.has_claim or self.new_domains or self.displaced is not None:
            return False
        is_named = self.row.shopify_id == self.identity.shopify_id
        return is_named and (not self.is_newest or stored_name(self.row).is_current(self.identity.domain))


def stored_name(row: Shop) -> StoredName:
    """Return the shop's names from its row."""
    return StoredName(row.shop, row.shopify_id, row.current_domain)


def find_owner(app: str, shopify_id: str) -> str | None:
    """Return the first domain of the app's shop with this GID, with a consistent read; None if there is none."""
    return unique_values.owner_of(_claim_key(app, shopify_id))


def find_by_domain(domain: str, app: str) -> Shop | None:
    """Return the row of the shop that has or had this domain, active or not; None if there is none.

    Reads one row if it is the shop's first and present domain, else up to three, consistently.
    """
    row = installations.find(domain, app)
    if row is not None and stored_name(row).is_current(domain):
        return row
    try:
        later = ShopDomain.get(domain, app, consistent_read=True)
    except ShopDomain.DoesNotExist:
        return row
    return installations.find(later.shop, app) or row


def find_name(domain: str, app: str) -> StoredName | None:
    """Return the names of the shop that has or had this domain; None if there is none. One read call for a first domain."""
    keys: list[tuple[type[Any], tuple[str, str]]] = [(Shop, (domain, app)), (ShopDomain, (domain, app))]
    row, later = get_many(keys, consistent=True)
    if row is not None and stored_name(row).is_current(domain):
        return stored_name(row)
    if later is not None:
        row = installations.find(later.shop, app) or row
    return stored_name(row) if row is not None else None


def find_first_domains(domain: str, apps: Sequence[str]) -> set[str]:
    """Return the first domains of the shops, one of each app, that have or had this domain as a later one. One read call."""
    keys: list[tuple[type[Any], tuple[str, str]]] = [(ShopDomain, (domain, app)) for app in apps]
    return {row.shop for row in get_many(keys) if row is not None}


def list_later_domains(shop: str, app: str) -> list[str]:
    """Return the later domains of the app's shop whose first domain is `shop`."""
    return [row.domain for row in ShopDomain.by_shop.query(shop, ShopDomain.app == app)]


def find_by_identity(app: str, called: str, identity: ShopIdentity, apps: Sequence[str]) -> IdentifiedShop:
    """Return the shop that Shopify identified when its domain `called` was called. One or two consistent read calls.

    A shop that another of the `apps` knows gets the same first domain. Raises ShopDomainTaken.
    """
    domains = list(dict.fromkeys((called, identity.domain)))
    handles = [app, *(each for each in apps if each != app)]
    keys: list[tuple[type[Any], tuple[str, ...]]] = [(Shop, (domain, app)) for domain in domains]
    keys += [(ShopDomain, (domain, app)) for domain in domains]
    keys += [(UniqueValue, (_claim_key(each, identity.shopify_id),)) for each in handles]
    rows = get_many(keys, consistent=True)
    by_domain = {row.shop: row for row in rows[: len(domains)] if row is not None}
    mapped = tuple(row for row in rows[len(domains) : 2 * len(domains)] if row is not None)
    own_claim, *other_claims = (row.owner if row else None for row in rows[2 * len(domains) :])

    owner = own_claim or next(filter(None, other_claims), None)
    row = by_domain.get(owner) or installations.find(owner, app) if owner else None
    if row is not None and own_claim is None and not stored_name(row).may_be(identity.shopify_id):
        owner = None
    shop = decide_shop(identity, called, owner, {each: stored_name(found) for each, found in by_domain.items()})
    displaced = by_domain.get(identity.domain) if identity.domain != shop else None
    if displaced is not None and not stored_name(displaced).is_current(identity.domain):
        displaced = None
    row = row if owner else by_domain.get(shop)
    return IdentifiedShop(shop, row, called, identity, own_claim is not None, displaced, mapped)


def name_actions(found: IdentifiedShop) -> list[Action]:
    """Return the actions that write the GID, and the present domain unless a later report is stored."""
    actions: list[Action] = [Shop.shopify_id.set(found.identity.shopify_id)]
    is_first = found.identity.domain == found.shop
    is_renamed = found.row is not None and found.row.domain_reported_at is not None
    if not found.is_newest or (is_first and not is_renamed):
        return actions
    column = Shop.current_domain
    return [
        *actions,
        column.remove() if is_first else column.set(found.identity.domain),
        Shop.domain_reported_at.set(found.identity.reported_at),
    ]


def stage_domains(transaction: Transaction, app: str, found: IdentifiedShop) -> None:
    """Add the shop's GID and domains to the transaction; its row is written with `name_actions`.

    The commit raises WriteConflict if another shop has claimed the GID by then.
    """
    identity, now = found.identity, clock.now()
    if not found.has_claim:
        unique_values.claim(transaction, _claim_key(app, identity.shopify_id), found.shop, WriteConflict())
    for domain in found.new_domains:
        transaction.put(
            ShopDomain(domain, app, shop=found.shop, shopify_id=identity.shopify_id, created_at=now),
        )
    for each in found.mapped:
        if each.domain == found.shop:
            transaction.delete(ShopDomain(each.domain, app))
    if found.displaced is not None:
        actions = [Shop.current_domain.set(""), Shop.updated_at.set(now)]
        transaction.update(Shop(found.displaced.shop, app), actions, Shop.shop.exists(), otherwise=WriteConflict())


def save_names(app: str, found: IdentifiedShop) -> None:
    """Write the GID and the domains of a stored shop in one transaction. Raises WriteConflict if it has changed."""
    column = Shop.domain_reported_at
    reported_at = found.row.domain_reported_at if found.row else None
    is_unchanged = column.does_not_exist() if reported_at is None else column == reported_at
    actions = [*name_actions(found), Shop.updated_at.set(clock.now())]
    with Transaction() as transaction:
        transaction.update(
            Shop(found.shop, app), actions, condition=Shop.shop.exists() & is_unchanged, otherwise=WriteConflict()
        )
        stage_domains(transaction, app, found)


def _claim_key(app: str, shopify_id: str) -> str:
    return unique_values.value_key("shops", "shops", "shopify_id", app, shopify_id)
