"""The revenue of a day (UTC): the day before, the movements of the day, and its payments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.analytics.domain.mrr_movements import Movement, change_of_unconverted
from chalicelib.analytics.domain.recurring_revenue import ZERO, end_of, six_places
from chalicelib.analytics.enums import MovementKind

FINAL_AFTER = timedelta(hours=72)
"""A day is final this long after its end. A later change of it still counts."""
MONTHS = 12
FAILING_FROM, FAILING_SHARE = 20, Decimal("0.05")


@dataclass(frozen=True, slots=True)
class MovementSums:
    """The figures of one movement, or the sums of several, in the reporting currency.

    `mrr`, `committed_mrr`, `customers` and `active_subscriptions` are changes from the day before.
    """

    mrr: Decimal = ZERO
    committed_mrr: Decimal = ZERO
    new_mrr: Decimal = ZERO
    expansion_mrr: Decimal = ZERO
    contraction_mrr: Decimal = ZERO
    churned_mrr: Decimal = ZERO
    reactivation_mrr: Decimal = ZERO
    customers: int = 0
    new_customers: int = 0
    churned_customers: int = 0
    reactivated_customers: int = 0
    active_subscriptions: int = 0
    new_subscriptions: int = 0
    churned_subscriptions: int = 0
    unconverted: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RevenueFigures:
    """The recurring revenue of a day. `sums` are its changes; the other figures are those at its end."""

    start_mrr: Decimal = ZERO
    mrr: Decimal = ZERO
    committed_mrr: Decimal = ZERO
    customers: int = 0
    active_subscriptions: int = 0
    unconverted: Mapping[str, Decimal] = field(default_factory=dict)
    sums: MovementSums = MovementSums()

    @property
    def columns(self) -> dict[str, Any]:
        """The figures by the columns of a day of revenue."""
        changes = {each.name: getattr(self.sums, each.name) for each in fields(self.sums)}
        return changes | {
            "start_mrr": self.start_mrr,
            "mrr": self.mrr,
            "committed_mrr": self.committed_mrr,
            "arr": MONTHS * self.mrr,
            "customers": self.customers,
            "active_subscriptions": self.active_subscriptions,
            "churn_rate": ratio(self.sums.churned_customers, self.start_customers),
            "unconverted": dict(self.unconverted) or None,
        }

    @property
    def start_customers(self) -> int:
        """The customers at the start."""
        return self.customers - self.sums.customers

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report: no revenue at the start or the end, and no change."""
        return self == RevenueFigures()


@dataclass(frozen=True, slots=True)
class PaymentSum:
    """The events of one name, kind and currency of a day: their number, and the sums of their amounts without tax.

    `addons` is the part of `amount` that add-ons cost.
    """

    event: str
    kind: str
    currency: str
    count: int
    amount: Decimal
    addons: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class PaymentFigures:
    """What was paid on a day, in the reporting currency. `tax` is the collected less the returned tax."""

    subscription_revenue: Decimal = ZERO
    credits_revenue: Decimal = ZERO
    addons_revenue: Decimal = ZERO
    gifts_revenue: Decimal = ZERO
    refunds: Decimal = ZERO
    tax: Decimal = ZERO
    payments_succeeded: int = 0
    payments_failed: int = 0


def movement_sums(movement: Movement) -> MovementSums:
    """Return the figures of one movement."""
    before, after = movement.before.subscriptions, movement.after.subscriptions
    return sums_of(
        movement.kind,
        (movement.before.mrr, movement.after.mrr),
        movement.committed_after - movement.committed_before,
        (len(after) - len(before), len(after - before), len(before - after)),
        change_of_unconverted(movement),
    )


def sums_of(
    kind: MovementKind,
    mrr: tuple[Decimal, Decimal],
    committed: Decimal,
    subscriptions: tuple[int, int, int],
    unconverted: Mapping[str, Decimal],
) -> MovementSums:
    """Return the figures of one movement. The amount of its kind is positive; `mrr` has the sign of the change.

    `mrr` is before and after, `committed` the change of the committed MRR, `subscriptions` their change, the new and the
    churned ones.
    """
    before, after = mrr
    moved: dict[str, Any] = {_AMOUNTS[kind]: abs(after - before)}
    if after != before and kind in _CUSTOMERS:
        moved[_CUSTOMERS[kind]] = 1
    change, new, churned = subscriptions
    return MovementSums(
        mrr=after - before,
        committed_mrr=committed,
        customers=(after > 0) - (before > 0),
        active_subscriptions=change,
        new_subscriptions=new,
        churned_subscriptions=churned,
        unconverted=unconverted,
        **moved,
    )


def add_sums(rows: Iterable[MovementSums]) -> MovementSums:
    """Return the sum of the figures."""
    totals: dict[str, Any] = {}
    unconverted: dict[str, Decimal] = {}
    for row in rows:
        for name in _SUMMED:
            totals[name] = totals.get(name, 0) + getattr(row, name)
        unconverted = _added(unconverted, row.unconverted)
    return MovementSums(**totals, unconverted=unconverted)


def next_day(before: RevenueFigures, sums: MovementSums) -> RevenueFigures:
    """Return the figures of a day from those of the day before and the day's movements."""
    return RevenueFigures(
        start_mrr=before.mrr,
        mrr=before.mrr + sums.mrr,
        committed_mrr=before.committed_mrr + sums.committed_mrr,
        customers=before.customers + sums.customers,
        active_subscriptions=before.active_subscriptions + sums.active_subscriptions,
        unconverted=_added(before.unconverted, sums.unconverted),
        sums=replace(sums, unconverted={}),
    )


def add_figures(one: RevenueFigures, other: RevenueFigures) -> RevenueFigures:
    """Return the figures of two scopes together. No customer is in both."""
    return RevenueFigures(
        one.start_mrr + other.start_mrr,
        one.mrr + other.mrr,
        one.committed_mrr + other.committed_mrr,
        one.customers + other.customers,
        one.active_subscriptions + other.active_subscriptions,
        _added(one.unconverted, other.unconverted),
        add_sums([one.sums, other.sums]),
    )


def add_days(days: Sequence[RevenueFigures]) -> RevenueFigures:
    """Return the figures of consecutive days as one period, from the start of the first to the end of the last."""
    return replace(days[-1], start_mrr=days[0].start_mrr, sums=add_sums(day.sums for day in days))


def payment_figures(rows: Iterable[PaymentSum], convert: Callable[[Decimal, str], Decimal]) -> PaymentFigures:
    """Return what was paid on a day. `convert` returns an amount of a currency in the reporting currency."""
    amounts = dict.fromkeys(("subscription", "credits", "addon", "gift"), ZERO)
    refunds, tax, succeeded, failed = ZERO, ZERO, 0, 0
    for row in rows:
        amount, addons, row_tax = (convert(value, row.currency) for value in (row.amount, row.addons, row.tax))
        match row.event:
            case "payment_succeeded":
                succeeded, tax = succeeded + row.count, tax + row_tax
                part = amount if row.kind == "addon" else addons
                amounts["addon"] += part
                amounts[row.kind] = amounts.get(row.kind, ZERO) + amount - part
            case "payment_failed":
                failed += row.count
            case "payment_refunded":
                refunds, tax = refunds + amount, tax - row_tax
            case "payment_refund_reversed":
                refunds, tax = refunds - amount, tax + row_tax
    return PaymentFigures(
        amounts["subscription"], amounts["credits"], amounts["addon"], amounts["gift"], refunds, tax, succeeded, failed
    )


def failing_payments(figures: PaymentFigures) -> int:
    """Return the number of failed payments if over FAILING_SHARE of at least FAILING_FROM failed, else 0."""
    failed, total = figures.payments_failed, figures.payments_failed + figures.payments_succeeded
    return failed if total >= FAILING_FROM and failed > FAILING_SHARE * total else 0


def add_payments(one: PaymentFigures, other: PaymentFigures) -> PaymentFigures:
    """Return what was paid in two scopes together."""
    return PaymentFigures(*(getattr(one, each.name) + getattr(other, each.name) for each in fields(one)))


def revenue_rates(figures: RevenueFigures) -> dict[str, Decimal | None]:
    """Return the rates of a period: churn of customers and of MRR, revenue per customer, lifetime value.

    A rate is None where its base is 0. The net churn of MRR is negative if expansion and reactivation exceed it.
    """
    sums, start = figures.sums, figures.start_mrr
    gross = sums.churned_mrr + sums.contraction_mrr
    churn_rate = ratio(sums.churned_customers, figures.start_customers)
    per_customer = ratio(figures.mrr, figures.customers)
    return {
        "churn_rate": churn_rate,
        "gross_mrr_churn_rate": ratio(gross, start),
        "net_mrr_churn_rate": ratio(gross - sums.expansion_mrr - sums.reactivation_mrr, start),
        "average_revenue_per_customer": per_customer,
        "lifetime_value": None if per_customer is None or churn_rate is None else ratio(per_customer, churn_rate),
    }


def is_final(day: date, now: datetime) -> bool:
    """Return whether a day is final."""
    return now >= end_of(day) + FINAL_AFTER


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return a ratio with six places; None if the whole is 0."""
    return six_places(Decimal(part) / Decimal(whole)) if whole else None


_AMOUNTS = {
    MovementKind.NEW: "new_mrr",
    MovementKind.EXPANSION: "expansion_mrr",
    MovementKind.CONTRACTION: "contraction_mrr",
    MovementKind.CHURN: "churned_mrr",
    MovementKind.REACTIVATION: "reactivation_mrr",
}
_CUSTOMERS = {
    MovementKind.NEW: "new_customers",
    MovementKind.CHURN: "churned_customers",
    MovementKind.REACTIVATION: "reactivated_customers",
}
_SUMMED = [each.name for each in fields(MovementSums) if each.name != "unconverted"]


def _added(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> dict[str, Decimal]:
    sums = {currency: one.get(currency, ZERO) + other.get(currency, ZERO) for currency in sorted({*one, *other})}
    return {currency: amount for currency, amount in sums.items() if amount}
