"""Payments as events: what billing reports of a payment, as the events of its days (UTC), without tax."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from chalicelib.analytics.domain.recurring_revenue import six_places

_NAMESPACE = UUID("0c0f4cf5-7d0e-4c9c-9f5e-6a3a0f1f2b57")


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund or lost dispute of a payment, tax included. A reversed one was paid back to us."""

    id: str
    amount: Decimal
    at: datetime
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Payment:
    """The present state of a payment. `amount` includes `tax` and `addons`, the part of the add-ons with their tax."""

    id: str
    version: int
    owner_id: str
    kind: str
    amount: Decimal
    tax: Decimal
    addons: Decimal
    currency: str
    paid_at: datetime | None
    failed_at: datetime | None
    refunds: Sequence[Refund]
    data: Mapping[str, Any]
    """Further facts of the payment, without personal data."""


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """An event of a payment. `id` is derived from the payment or refund, so a repetition is the same event."""

    id: str
    name: str
    at: datetime
    value: Decimal
    data: Mapping[str, Any]


def payment_events(payment: Payment) -> Iterator[PaymentEvent]:
    """Yield the events of a payment in its present state."""
    net = six_places(payment.amount - payment.tax)
    addons = _share(payment.addons, net, payment.amount)
    data = {**payment.data, "payment": payment.id, "kind": payment.kind}
    whole = {**data, "tax": _text(payment.tax), "addons": _text(addons)}
    if payment.paid_at is not None:
        yield PaymentEvent(_id(payment.id, "succeeded"), "payment_succeeded", payment.paid_at, net, whole)
    if payment.failed_at is not None:
        yield PaymentEvent(_id(payment.id, "failed"), "payment_failed", payment.failed_at, net, whole)
    for refund in payment.refunds:
        tax = _share(refund.amount, payment.tax, payment.amount)
        value, part = six_places(refund.amount - tax), {**data, "refund": refund.id, "tax": _text(tax)}
        yield PaymentEvent(_id(refund.id, "refunded"), "payment_refunded", refund.at, value, part)
        if refund.reversed_at is not None:
            yield PaymentEvent(_id(refund.id, "reversed"), "payment_refund_reversed", refund.reversed_at, value, part)


def _share(part: Decimal, total: Decimal, whole: Decimal) -> Decimal:
    """Return the share of `total` that `part` has of `whole`; 0 of nothing."""
    return six_places(part * total / whole) if whole else Decimal(0)


def _id(source: str, name: str) -> str:
    return str(uuid5(_NAMESPACE, f"{source}\n{name}"))


def _text(amount: Decimal) -> str:
    return format(six_places(amount), "f")
