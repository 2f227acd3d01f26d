"""Tables of revenue. Money is exact decimals in the currency's main unit, with six places."""

from __future__ import annotations

from decimal import Decimal

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.analytics.enums import MovementKind, RevenueScope
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class RecurringRevenuesByDue(GlobalSecondaryIndex["RecurringRevenue"]):
    """The subscriptions whose owner's days are to be computed in one hour (UTC) and shard. Sparse."""

    class Meta:
        index_name = "by_due"
        projection = KeysOnlyProjection()

    due = UnicodeAttribute(personal=False, hash_key=True)
    owner = UnicodeAttribute(personal=True, range_key=True)


class RecurringRevenuesByScope(GlobalSecondaryIndex["RecurringRevenue"]):
    """All subscriptions of a scope by owner. Only a recomputation reads it."""

    class Meta:
        index_name = "by_scope"
        projection = KeysOnlyProjection()

    scope = EnumAttribute(RevenueScope, personal=False, hash_key=True)
    owner = UnicodeAttribute(personal=True, range_key=True)


class RecurringRevenue(Table):
    """One subscription's MRR over time.

    `owner` is `<scope>/<id>`. `steps` are `{from, plan, addons, rate, rate_day}` in the order of `from`, past and known
    future ones: the amounts of one month in `currency` from then on. `rate` is the exchange rate to the reporting
    currency, null if there is none. `due` is `YYYY-MM-DDTHH#<shard>`: when the owner's days are computed next, from
    `due_from` on.
    """

    class Meta:
        table_name = tables.name("analytics", "recurring_revenue")

    by_due = RecurringRevenuesByDue()
    by_scope = RecurringRevenuesByScope()

    owner = UnicodeAttribute(personal=True, hash_key=True)
    subscription_id = UnicodeAttribute(personal=False, range_key=True)
    scope = EnumAttribute(RevenueScope, personal=False)
    plan_name = UnicodeAttribute(personal=False, null=True)
    status = UnicodeAttribute(personal=False)
    currency = UnicodeAttribute(personal=False)
    steps = JsonAttribute(personal=False, default=list)
    due = UnicodeAttribute(personal=False, null=True)
    due_from = DateAttribute(personal=False, null=True)
    is_final = BooleanAttribute(personal=False, default=False)
    as_of = DateTimeAttribute(personal=False)
    effective_at = DateTimeAttribute(personal=False)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class MrrMovementsByCustomer(GlobalSecondaryIndex["MrrMovement"]):
    """A customer's movements by day."""

    class Meta:
        index_name = "by_customer"
        projection = AllProjection()

    customer = UnicodeAttribute(personal=True, hash_key=True)
    scope_day = UnicodeAttribute(personal=False, range_key=True)


class MrrMovement(Table):
    """How one customer's MRR moved on a day (UTC), in the reporting currency.

    `scope_day` is `<scope>#<day>`; `customer` is the owner, `<scope>/<id>`. `amount` is negative for a contraction or
    churn; it is 0 if only other figures changed. `active_subscriptions` is the change of their number, `unconverted`
    the change of the MRR without an exchange rate, by currency. The committed MRR is that of the last known step.
    """

    class Meta:
        table_name = tables.name("analytics", "mrr_movements")

    by_customer = MrrMovementsByCustomer()

    scope_day = UnicodeAttribute(personal=False, hash_key=True)
    customer = UnicodeAttribute(personal=True, range_key=True)
    kind = EnumAttribute(MovementKind, personal=False)
    amount = DecimalAttribute(personal=False)
    mrr_before = DecimalAttribute(personal=False)
    mrr_after = DecimalAttribute(personal=False)
    committed_before = DecimalAttribute(personal=False)
    committed_after = DecimalAttribute(personal=False)
    active_subscriptions = IntegerAttribute(personal=False, default=0)
    new_subscriptions = IntegerAttribute(personal=False, default=0)
    churned_subscriptions = IntegerAttribute(personal=False, default=0)
    unconverted = JsonAttribute(personal=False, null=True)
    computed_at = DateTimeAttribute(personal=False)


class RevenueDay(Table):
    """The revenue of a day (UTC) in a scope, in the reporting currency: the day before and the day's movements.

    `unconverted` maps a currency to its MRR without an exchange rate, which is in no other column. `payments` are the
    sums of the day's payment events by name, kind and currency, as the computation `payments_generation` of the
    tenant's day found them.
    """

    class Meta:
        table_name = tables.name("analytics", "revenue_analytics")

    scope = EnumAttribute(RevenueScope, personal=False, hash_key=True)
    analytics_date = DateAttribute(personal=False, range_key=True)
    currency = UnicodeAttribute(personal=False)
    subscription_revenue = DecimalAttribute(personal=False, default=Decimal(0))
    credits_revenue = DecimalAttribute(personal=False, default=Decimal(0))
    addons_revenue = DecimalAttribute(personal=False, default=Decimal(0))
    gifts_revenue = DecimalAttribute(personal=False, default=Decimal(0))
    refunds = DecimalAttribute(personal=False, default=Decimal(0))
    tax = DecimalAttribute(personal=False, default=Decimal(0))
    mrr = DecimalAttribute(personal=False, default=Decimal(0))
    committed_mrr = DecimalAttribute(personal=False, default=Decimal(0))
    arr = DecimalAttribute(personal=False, default=Decimal(0))
    start_mrr = DecimalAttribute(personal=False, default=Decimal(0))
    new_mrr = DecimalAttribute(personal=False, default=Decimal(0))
    expansion_mrr = DecimalAttribute(personal=False, default=Decimal(0))
    contraction_mrr = DecimalAttribute(personal=False, default=Decimal(0))
    churned_mrr = DecimalAttribute(personal=False, default=Decimal(0))
    reactivation_mrr = DecimalAttribute(personal=False, default=Decimal(0))
    customers = IntegerAttribute(personal=False, default=0)
    new_customers = IntegerAttribute(personal=False, default=0)
    churned_customers = IntegerAttribute(personal=False, default=0)
    reactivated_customers = IntegerAttribute(personal=False, default=0)
    active_subscriptions = IntegerAttribute(personal=False, default=0)
    new_subscriptions = IntegerAttribute(personal=False, default=0)
    churned_subscriptions = IntegerAttribute(personal=False, default=0)
    churn_rate = DecimalAttribute(personal=False, null=True)
    payments_succeeded = IntegerAttribute(personal=False, default=0)
    payments_failed = IntegerAttribute(personal=False, default=0)
    unconverted = JsonAttribute(personal=False, null=True)
    payments = JsonAttribute(personal=False, null=True)
    payments_generation = IntegerAttribute(personal=False, null=True)
    is_final = BooleanAttribute(personal=False, default=False)
    computed_at = DateTimeAttribute(personal=False)


class ExchangeRate(Table):
    """The value of one unit of `currency` on a date in the reporting currency, entered by an operator."""

    class Meta:
        table_name = tables.name("analytics", "exchange_rates")

    currency = UnicodeAttribute(personal=False, hash_key=True)
    date = DateAttribute(personal=False, range_key=True)
    rate = DecimalAttribute(personal=False)
    created_at = DateTimeAttribute(personal=False)
