"""The credit ledger, its head, and the monthly grants."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.billing.enums import EntryType
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateTimeAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class BalancesByExpiry(GlobalSecondaryIndex["CreditBalance"]):
    """Balances by the month (UTC) and time of their next lot expiry."""

    class Meta:
        index_name = "by_expiry"
        projection = AllProjection()

    expires_in = UnicodeAttribute(hash_key=True)
    expires_next_at = DateTimeAttribute(range_key=True)


class BalancesByChange(GlobalSecondaryIndex["CreditBalance"]):
    """Balances by the day (UTC) of their last change."""

    class Meta:
        index_name = "by_change"
        projection = AllProjection()

    changed_on = UnicodeAttribute(hash_key=True)
    relationship_id = UnicodeAttribute(range_key=True)


class CreditBalance(Table):
    """The head of one credit ledger. Every entry is conditional on its version.

    `lots` are `{lot_id, remaining, expires_at, is_suspended}`. `expires_in` is the month of `expires_next_at`. Calendar
    months up to `carried_until` (`YYYY-MM`) may have grants but no MonthlyGrant, because an earlier release granted
    them.
    """

    class Meta:
        table_name = tables.name("billing", "credit_balances")

    by_expiry = BalancesByExpiry()
    by_change = BalancesByChange()

    relationship_id = UnicodeAttribute(hash_key=True)
    balance = IntegerAttribute(default=0)
    suspended = IntegerAttribute(default=0)
    shortfall = IntegerAttribute(default=0)
    lots = JsonAttribute(default=list)
    expires_in = UnicodeAttribute(null=True)
    expires_next_at = DateTimeAttribute(null=True)
    changed_on = UnicodeAttribute()
    carried_until = UnicodeAttribute(null=True)
    version = IntegerAttribute(default=0)
    updated_at = DateTimeAttribute()


class CreditEntry(Table):
    """One change of a credit balance. Entries are only added."""

    class Meta:
        table_name = tables.name("billing", "ai_credits")

    relationship_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    entry_type = EnumAttribute(EntryType)
    amount = IntegerAttribute()
    balance_after = IntegerAttribute()
    reason = UnicodeAttribute(null=True)
    source_key = UnicodeAttribute()
    lot_id = UnicodeAttribute(null=True)
    payment_transaction_id = UnicodeAttribute(null=True)
    expires_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()


class MonthlyGrant(Table):
    """Credits granted to an owner (`member/<id>`) for one calendar month (`YYYY-MM`, UTC).

    `claims` maps the credits of a plan to the number of payments for it. `granted` is the number of credits in ledgers
    for the month; `carried` of them were granted before these rows existed. `lots` are the ledgers and lots that hold
    the remaining credits. `relationship_id` is the ledger of the last grant.
    """

    class Meta:
        table_name = tables.name("billing", "monthly_grants")

    KEEP: ClassVar = timedelta(days=3 * 366)
    """No refund, dispute or event of a month arrives later."""

    owner = UnicodeAttribute(hash_key=True)
    month = UnicodeAttribute(range_key=True)
    claims = JsonAttribute(default=dict)
    granted = IntegerAttribute(default=0)
    carried = IntegerAttribute(default=0)
    lots = JsonAttribute(default=list)
    relationship_id = UnicodeAttribute(null=True)
    version = IntegerAttribute(default=0)
    updated_at = DateTimeAttribute()
