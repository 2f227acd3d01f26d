"""Whom data is about: the names of subjects, and the pseudonyms that stand for erased ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.kit import ids

GUEST = "guest"
"""Stands for a customer without an id, who is known by their orders alone."""
_NAMESPACE = "c4c2a5b8-6f0e-4b7e-9a55-2d3c1f0b8e64"


class SubjectType(StrEnum):
    """The kinds of subjects that can be erased, or be given what is held of them."""

    SHOP = "shop"
    CUSTOMER = "customer"
    """Of a shop."""
    MEMBER = "member"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Subject:
    """One of them. `id` is the shop's domain, the customer's GID (or GUEST), the member's or the store's id."""

    type: SubjectType
    id: str
    shop: str = ""
    """The domain, for a shop and its customers."""
    order_digest: str = ""
    """Of a guest: what tells them from the shop's other guests, made of their orders."""

    @classmethod
    def guest(cls, shop: str, orders: Iterable[str]) -> Subject:
        """The customer without an id who is known by these orders of the shop."""
        return cls(SubjectType.CUSTOMER, GUEST, shop, pseudonym(" ".join(sorted(orders))))

    @classmethod
    def parse(cls, text: str) -> Subject:
        """The subject that `shop:<domain>`, `customer:<domain>:<GID>`, `member:<id>` or `store:<id>` names.

        Raises ValueError for other text.
        """
        kind, _, rest = text.partition(":")
        who = SubjectType(kind)
        shop, _, customer = rest.partition(":")
        guest, _, orders = customer.partition(":")
        subject = {
            SubjectType.SHOP: cls(who, rest, rest),
            SubjectType.CUSTOMER: cls(who, guest, shop, orders) if guest == GUEST else cls(who, customer, shop),
        }.get(who, cls(who, rest))
        if not subject.id or (who is SubjectType.SHOP and ":" in rest):
            raise ValueError(f"{text!r} names no subject")
        return subject

    def __str__(self) -> str:
        if self.type is not SubjectType.CUSTOMER:
            return f"{self.type}:{self.id}"
        return f"{self.type}:{self.shop}:{self.id}" + (f":{self.order_digest}" if self.order_digest else "")


def app(shop: str, handle: str) -> str:
    """What messages about one app in a shop name: each app is erased by itself."""
    return f"shop:{shop}:{handle}"


def customer(shop: str, gid: str) -> str:
    """What messages about a customer name."""
    return f"customer:{shop}:{gid}"


def order(shop: str, gid: str) -> str:
    """What messages about an order name: Shopify names a guest by their orders alone."""
    return f"order:{shop}:{gid}"


def ledger(relationship_id: str) -> str:
    """What messages about credits name: a couple's, or one's own by the member's id."""
    return f"relationship:{relationship_id}"


def stripe_customer(stripe_id: str) -> str:
    """What Stripe's events about a member or a store name."""
    return f"stripe:{stripe_id}"


def pseudonym(subject: str) -> str:
    """What stands for a subject that is erased: a UUID that tells nothing, the same each time."""
    return ids.derived(_NAMESPACE, subject)
