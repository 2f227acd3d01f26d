"""Tables of the usage: each order's contribution, and the journal that updates the figures."""

from __future__ import annotations

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class OrderUsagesByShopCustomer(GlobalSecondaryIndex["OrderUsage"]):
    """A customer's orders. Sparse; later changes of an order do not write it."""

    class Meta:
        index_name = "by_shop_customer"
        projection = KeysOnlyProjection()

    shop_customer = UnicodeAttribute(personal=True, hash_key=True)


class OrderUsage(Table):
    """The current contribution of an order: every figure can be recounted from these rows.

    `lines` is gzipped, in base64; if lines and refunds exceed 4 kB, `lines` is the address of an S3 object that holds
    both. `shop_customer` is `<shop>#<customer_id>`. `ab_variant` is `<test>.<variant>`, and `ab_visitor` who saw it. An
    erasure of the customer removes `customer_id`, `shop_customer` and `ab_visitor`.
    """

    class Meta:
        table_name = tables.name("discounts", "order_usages")

    by_shop_customer = OrderUsagesByShopCustomer()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    order_id = UnicodeAttribute(personal=False, range_key=True)
    customer_id = UnicodeAttribute(personal=True, null=True)
    shop_customer = UnicodeAttribute(personal=True, null=True)
    day = DateAttribute(personal=False)
    currency = UnicodeAttribute(personal=False)
    snapshot_key = UnicodeAttribute(personal=False)
    lines = JsonAttribute(personal=False)
    refunds = JsonAttribute(personal=False, default=dict)
    cancelled_at = DateTimeAttribute(personal=False, null=True)
    ab_variant = UnicodeAttribute(personal=False, null=True)
    ab_visitor = UnicodeAttribute(personal=True, null=True)
    journal_seq = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)


class UsageJournalsByDueIn(GlobalSecondaryIndex["UsageJournal"]):
    """The shops whose local midnight is due in an hour. Sparse."""

    class Meta:
        index_name = "by_due_in"
        projection = KeysOnlyProjection()

    due_in = UnicodeAttribute(personal=False, hash_key=True)


class UsageJournal(Table):
    """The head of a shop's journal. `sequence` is the number of the last closed journal.

    `watches` and `running_tests` count for their limits.

    `open_key` is the S3 key of the open one. `due_in` is `<UTC hour>#<shard>` of the shop's next local midnight, null 30
    days after the last live discount, order or watch. `live_discounts` counts discounts that are not deleted, for their
    limit. `active_until` is 30 days after the last close that saw a live discount, an order or a watch. `closed_day` is the
    last local day that was sent to its close, null while the shop rests. `is_pixel_pending` is true after Shopify refused the
    web pixel.
    """

    class Meta:
        table_name = tables.name("discounts", "usage_journals")

    by_due_in = UsageJournalsByDueIn()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    sequence = IntegerAttribute(personal=False, default=0)
    watches = IntegerAttribute(personal=False, default=0)
    running_tests = IntegerAttribute(personal=False, default=0)
    open_key = UnicodeAttribute(personal=False, null=True)
    open_since = DateTimeAttribute(personal=False, null=True)
    due_in = UnicodeAttribute(personal=False, null=True)
    live_discounts = IntegerAttribute(personal=False, default=0)
    active_until = DateTimeAttribute(personal=False, null=True)
    closed_day = DateAttribute(personal=False, null=True)
    is_pixel_pending = BooleanAttribute(personal=False, null=True)
