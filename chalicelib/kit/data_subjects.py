"""Data subjects: their types and names, and the pseudonyms that replace them after an erasure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.kit import ids

GUEST = "guest"
"""The id of a customer without an id at Shopify, who is identified only by orders."""
_NAMESPACE = "c4c2a5b8-6f0e-4b7e-9a55-2d3c1f0b8e64"


class SubjectType(StrEnum):
    """The types of subjects whose data can be erased or exported."""

    SHOP = "shop"
    CUSTOMER = "customer"
    """A customer of a shop."""
    MEMBER = "member"
    STORE = "store"
    OWNER = "owner"
    """An owner of stores, who has an account."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A data subject. `id` is the shop's domain, the customer's GID (or GUEST), the member's, the store's or the owner's id."""

    type: SubjectType
    id: str
    shop: str = ""
    """The shop's domain, for a shop and its customers."""
    order_digest: str = ""
    """For a guest: a digest of the order ids, which distinguishes the guest from the shop's other guests."""

    @classmethod
    def guest(cls, shop: str, orders: Iterable[str]) -> Subject:
        """Return the guest of a shop with these order ids."""
        return cls(SubjectType.CUSTOMER, GUEST, shop, pseudonym(" ".join(sorted(orders))))

    @classmethod
    def parse(cls, text: str) -> Subject:
        """Parse `shop:<domain>`, `customer:<domain>:<GID>`, `member:<id>`, `store:<id>` or `owner:<id>`.

        Raises ValueError for other text.
        """
        prefix, _, rest = text.partition(":")
        subject_type = SubjectType(prefix)
        shop, _, customer = rest.partition(":")
        guest, _, orders = customer.partition(":")
        subject = {
            SubjectType.SHOP: cls(subject_type, rest, rest),
            SubjectType.CUSTOMER: cls(subject_type, guest, shop, orders)
            if guest == GUEST
            else cls(subject_type, customer, shop),
        }.get(subject_type, cls(subject_type, rest))
        if not subject.id or (subject_type is SubjectType.SHOP and ":" in rest):
            raise ValueError(f"{text!r} is not the name of a subject")
        return subject

    def __str__(self) -> str:
        if self.type is not SubjectType.CUSTOMER:
            return f"{self.type}:{self.id}"
        return f"{self.type}:{self.shop}:{self.id}" + (f":{self.order_digest}" if self.order_digest else "")


def app(shop: str, handle: str) -> str:
    """Return the subject name of one app in a shop. Each app of a shop is erased separately."""
    return f"shop:{shop}:{handle}"


def customer(shop: str, gid: str) -> str:
    """Return the subject name of a customer."""
    return f"customer:{shop}:{gid}"


def order(shop: str, gid: str) -> str:
    """Return the subject name of an order. Shopify identifies a guest only by orders."""
    return f"order:{shop}:{gid}"


def ledger(relationship_id: str) -> str:
    """Return the subject name of a credit ledger: a couple's relationship id, or a member's id."""
    return f"relationship:{relationship_id}"


def stripe_customer(stripe_id: str) -> str:
    """Return the subject name of a Stripe customer, which is a member or a store."""
    return f"stripe:{stripe_id}"


def pseudonym(subject: str) -> str:
    """Return the pseudonym of a subject: a UUIDv5, the same for the same subject."""
    return ids.derived(_NAMESPACE, subject)
