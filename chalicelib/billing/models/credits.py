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

    expires_in = UnicodeAttribute(personal=False, hash_key=True)
    expires_next_at = DateTimeAttribute(personal=False, range_key=True)


class BalancesByChange(GlobalSecondaryIndex["CreditBalance"]):
    """Balances by the day (UTC) of their last change."""

    class Meta:
        index_name = "by_change"
        projection = AllProjection()

    changed_on = UnicodeAttribute(personal=False, hash_key=True)
    relationship_id = UnicodeAttribute(personal=True, range_key=True)


class CreditBalance(Table):
    """The head of one credit ledger. Every entry is conditional on its version.

    `lots` are `{lot_id, remaining, expires_at, is_suspended, owner_id}`. `debts` are the parts of the shortfall by the id of
    who owes them; those that an earlier release stored have none. `moved_to` maps a member whose lots have left this ledger
    to the next one. `expires_in` is the month of `expires_next_at`. Calendar
    months up to `carried_until` (`YYYY-MM`) may have grants but no MonthlyGrant, because an earlier release granted
    them.
    """

    class Meta:
        table_name = tables.name("billing", "credit_balances")

    by_expiry = BalancesByExpiry()
    by_change = BalancesByChange()

    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    balance = IntegerAttribute(personal=False, default=0)
    suspended = IntegerAttribute(personal=False, default=0)
    shortfall = IntegerAttribute(personal=False, default=0)
    lots = JsonAttribute(personal=True, default=list)
    debts = JsonAttribute(personal=True, null=True)
    moved_to = JsonAttribute(personal=True, null=True)
    expires_in = UnicodeAttribute(personal=False, null=True)
    expires_next_at = DateTimeAttribute(personal=False, null=True)
    changed_on = UnicodeAttribute(personal=False)
    carried_until = UnicodeAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=0)
    updated_at = DateTimeAttribute(personal=False)


class CreditEntry(Table):
    """One change of a credit balance. Entries are only added.

    `spent_lots` are `{lot_id, amount, expires_at, owner_id}`: the lots that a spend took credits from.
    """

    class Meta:
        table_name = tables.name("billing", "ai_credits")

    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)
    entry_type = EnumAttribute(EntryType, personal=False)
    amount = IntegerAttribute(personal=False)
    balance_after = IntegerAttribute(personal=False)
    reason = UnicodeAttribute(personal=True, null=True)
    source_key = UnicodeAttribute(personal=True)
    lot_id = UnicodeAttribute(personal=False, null=True)
    payment_transaction_id = UnicodeAttribute(personal=False, null=True)
    expires_at = DateTimeAttribute(personal=False, null=True)
    spent_lots = JsonAttribute(personal=True, null=True)
    created_at = DateTimeAttribute(personal=False)


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

    owner = UnicodeAttribute(personal=True, hash_key=True)
    month = UnicodeAttribute(personal=False, range_key=True)
    claims = JsonAttribute(personal=False, default=dict)
    granted = IntegerAttribute(personal=False, default=0)
    carried = IntegerAttribute(personal=False, default=0)
    lots = JsonAttribute(personal=True, default=list)
    relationship_id = UnicodeAttribute(personal=True, null=True)
    version = IntegerAttribute(personal=False, default=0)
    updated_at = DateTimeAttribute(personal=False)
