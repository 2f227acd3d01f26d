"""The rows that an event concerns, read together in few calls before anything is decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import (
    CreditBalance,
    Customer,
    DiscountUsage,
    Gift,
    MonthlyGrant,
    PaymentTransaction,
    Refund,
    Subscription,
    UserAddon,
)
from chalicelib.billing.repository import addons, credits, customers, payments, price_lookup, subscriptions
from chalicelib.billing.repository.price_lookup import PriceLookup
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Table, get_many

Key = tuple[type[Table], tuple[str, ...]]


@dataclass(slots=True)
class IdentityMap:
    """Rows by key, each read once."""

    rows: dict[Key, Table] = field(default_factory=dict)
    keys_read: set[Key] = field(default_factory=set)
    addons_by_owner: dict[Key, list[UserAddon]] = field(default_factory=dict)

    def read(self, keys: Iterable[Key | None]) -> None:
        """Read these rows too, consistently, in one call; in none if all were read before."""
        unread = list(dict.fromkeys(key for key in keys if key and key not in self.keys_read))
        self.keys_read.update(unread)
        for key, row in zip(unread, get_many(unread, consistent=True), strict=True):
            if row is not None:
                self.rows[key] = row

    def owner_of(self, name: str | None) -> str | None:
        """Return the owner of a unique value, or None."""
        row = self.rows.get((UniqueValue, (name,))) if name else None
        return row.owner if isinstance(row, UniqueValue) else None

    @property
    def offers(self) -> PriceLookup:
        """The catalogue, if it was read."""
        return price_lookup.of([self.rows.get(key) for key in price_lookup.KEYS])

    def subscription(self, stripe_id: str | None) -> Subscription | None:
        """Return the subscription with this Stripe id, or None."""
        row = self.rows.get(subscription_key(stripe_id)) if stripe_id else None
        return row if isinstance(row, Subscription) else None

    def subscription_by_id(self, subscription_id: str | None) -> Subscription | None:
        """Return the subscription with our id, or None."""
        row = self.rows.get((Subscription, (subscription_id or "",)))
        return row if isinstance(row, Subscription) else None

    def payment_by_id(self, payment_id: str | None) -> PaymentTransaction | None:
        """Return the payment with our id, or None."""
        row = self.rows.get((PaymentTransaction, (payment_id or "",)))
        return row if isinstance(row, PaymentTransaction) else None

    def payment(self, *stripe_ids: str | None) -> PaymentTransaction | None:
        """Return the payment with one of these Stripe ids (invoice, intent, charge), or None."""
        row = self.rows.get(self.payment_key(*stripe_ids) or (Table, ()))
        return row if isinstance(row, PaymentTransaction) else None

    def payment_key(self, *stripe_ids: str | None) -> Key | None:
        """Return the key of the payment with one of these ids, if the ids' unique values were read."""
        owners = (self.owner_of(name) for name in payments.payment_value_keys(*stripe_ids))
        return next(((PaymentTransaction, (owner,)) for owner in owners if owner), None)

    def customer(self, key: Key | None) -> Customer | None:
        """Return the owner with this key, or None."""
        row = self.rows.get(key) if key else None
        return row if isinstance(row, Customer) else None

    def customer_key(self, stripe_id: str | None) -> Key | None:
        """Return the owner's key for a Stripe customer id, if the id's unique value was read."""
        owner = self.owner_of(customers.customer_value_key(stripe_id)) if stripe_id else None
        return owner_key(*owner.split("/", 1)) if owner else None

    def read_owner_key(self, row: Subscription | None, stripe_customer_id: str) -> Key | None:
        """Return the key of a subscription's owner: from its row, else from the Stripe customer id's unique value."""
        if row is None:
            self.read([customer_unique_key(stripe_customer_id)])
        return owner_key(row.owner_type, row.owner_id) if row else self.customer_key(stripe_customer_id)

    def refund(self, refund_id: str) -> Refund | None:
        """Return the refund with this id, or None."""
        row = self.rows.get((Refund, (refund_id,)))
        return row if isinstance(row, Refund) else None

    def gift(self, code: str) -> Gift | None:
        """Return the gift with this code, or None."""
        row = self.rows.get(gift_key(code))
        return row if isinstance(row, Gift) else None

    def addons_of(self, owner: Key) -> list[UserAddon]:
        """Return every add-on of the owner as of the first call, in one read. Stores have none."""
        owner_type, owner_id = owner[1]
        if owner not in self.addons_by_owner:
            self.addons_by_owner[owner] = addons.list_by_user(owner_id) if owner_type == OwnerType.MEMBER else []
        return self.addons_by_owner[owner]

    def addons(self, payment: PaymentTransaction) -> list[UserAddon]:
        """Return the add-ons that the payment pays for."""
        rows = [self.rows.get(key) for key in addon_keys(payment)]
        return [row for row in rows if isinstance(row, UserAddon)]

    def usage(self, code: str | None, redemption: str | None) -> DiscountUsage | None:
        """Return the redemption of a discount code, or None."""
        row = self.rows.get((DiscountUsage, (code or "", redemption or "")))
        return row if isinstance(row, DiscountUsage) else None

    def head(self, relationship_id: str) -> CreditBalance:
        """Return the head of a ledger; an empty one if the ledger has no entries."""
        row = self.rows.get(head_key(relationship_id))
        return row if isinstance(row, CreditBalance) else credits.empty(relationship_id)

    def monthly_grant(self, key: Key) -> MonthlyGrant | None:
        """Return an owner's grant for a calendar month, or None."""
        row = self.rows.get(key)
        return row if isinstance(row, MonthlyGrant) else None

    def is_entered(self, source_key: str) -> bool:
        """Return whether this source key has an entry in a ledger."""
        return self.owner_of(credits.source_value_key(source_key)) is not None


def subscription_key(stripe_id: str) -> Key:
    """Return the key of a subscription by its Stripe id."""
    return Subscription, (subscriptions.subscription_id_of(stripe_id),)


def own_subscription_key(subscription_id: str | None) -> Key | None:
    """Return the key of a subscription by our id."""
    return (Subscription, (subscription_id,)) if subscription_id else None


def payment_id_key(payment_id: str | None) -> Key | None:
    """Return the key of a payment by our id."""
    return (PaymentTransaction, (payment_id,)) if payment_id else None


def refund_key(refund_id: str) -> Key:
    """Return the key of a refund."""
    return Refund, (refund_id,)


def gift_key(code: str | None) -> Key:
    """Return the key of a gift."""
    return Gift, (code or "-",)


def addon_keys(payment: PaymentTransaction) -> list[Key]:
    """Return the keys of the add-ons that a payment pays for."""
    return [(UserAddon, (payment.owner_id, addon_id)) for addon_id in payment.addon_ids or []]


def usage_key(code: str, redemption: str) -> Key:
    """Return the key of a redemption of a discount code."""
    return DiscountUsage, (code, redemption)


def head_key(relationship_id: str) -> Key:
    """Return the key of the head of a ledger."""
    return CreditBalance, (relationship_id,)


def owner_key(owner_type: str, owner_id: str) -> Key:
    """Return the key of an owner."""
    return Customer, (OwnerType(owner_type), owner_id)


def owner_type_of(owner: Key) -> OwnerType:
    """Return the type of the owner with this key."""
    return OwnerType(owner[1][0])


def monthly_grant_key(owner: Key, month: str) -> Key:
    """Return the key of an owner's grant for a calendar month (`YYYY-MM`)."""
    return MonthlyGrant, ("/".join(owner[1]), month)


def unique_keys(names: Iterable[str]) -> list[Key]:
    """Return the keys of unique values."""
    return [(UniqueValue, (name,)) for name in names]


def payment_unique_keys(*stripe_ids: str | None) -> list[Key]:
    """Return the keys of the unique values of a payment's Stripe ids (invoice, intent, charge)."""
    return unique_keys(payments.payment_value_keys(*stripe_ids))


def customer_unique_key(stripe_id: str | None) -> Key | None:
    """Return the key of the unique value of a Stripe customer id."""
    return (UniqueValue, (customers.customer_value_key(stripe_id),)) if stripe_id else None


def entry_unique_keys(source_keys: Iterable[str]) -> list[Key]:
    """Return the keys of the unique values of source keys."""
    return unique_keys(credits.source_value_key(key) for key in source_keys)
