"""Tables of the discounts, their names and their changes."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.discounts.enums import NameKind, Publication, ValueType
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class DiscountsByLive(GlobalSecondaryIndex["Discount"]):
    """A shop's discounts that are not deleted. Sparse: a list never reads deleted ones."""

    class Meta:
        index_name = "by_live"
        projection = KeysOnlyProjection()

    live = UnicodeAttribute(personal=True, hash_key=True)
    discount_id = UnicodeAttribute(personal=False, range_key=True)


class Discount(Table):
    """A discount for SKUs and variants. Money is in the shop's currency; the window is [starts_at, ends_at).

    `skus` are SKUs and GIDs of variants; the metafield's 10,000 bytes limit them. `overrides` maps an item to
    `{value_type, value}`. While a test runs, `ab_test_id` is its id and `ab_value` is what its variant `b` gives.
    `had_node` is whether Shopify ever had the discount. `live` is the shop until the discount is deleted. Usage never
    writes this row.
    """

    class Meta:
        table_name = tables.name("discounts", "discounts")

    by_live = DiscountsByLive()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    discount_id = UnicodeAttribute(personal=False, range_key=True)
    discount_code = UnicodeAttribute(personal=False, null=True)
    title = UnicodeAttribute(personal=False)
    value_type = EnumAttribute(ValueType, personal=False)
    value = DecimalAttribute(personal=False)
    skus = StringListAttribute(personal=False)
    overrides = JsonAttribute(personal=False, null=True)
    minimum_quantity = IntegerAttribute(personal=False, default=1, null=True)
    usage_limit = IntegerAttribute(personal=False, null=True)
    once_per_customer = BooleanAttribute(personal=False, default=False)
    combines_with = JsonAttribute(personal=False)
    starts_at = DateTimeAttribute(personal=False, null=True)
    ends_at = DateTimeAttribute(personal=False, null=True)
    is_active = BooleanAttribute(personal=False, default=True)
    publication = EnumAttribute(Publication, personal=False, default=Publication.PENDING)
    publication_error = UnicodeAttribute(personal=False, null=True)
    published_version = IntegerAttribute(personal=False, null=True)
    shopify_node_id = UnicodeAttribute(personal=False, null=True)
    ab_test_id = UnicodeAttribute(personal=False, null=True)
    ab_value_type = EnumAttribute(ValueType, personal=False, null=True)
    ab_value = DecimalAttribute(personal=False, null=True)
    had_node = BooleanAttribute(personal=False, null=True)
    live = UnicodeAttribute(personal=True, null=True)
    version = IntegerAttribute(personal=False, default=1)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    deleted_at = DateTimeAttribute(personal=False, null=True)


class DiscountName(Table):
    """A name by which a discount is found: for uniqueness, search by prefix, and attribution by time.

    `name` is `code:<lower case>`, `title:<case-folded>`, `sku:<SKU>#<discount_id>` or `variant:<number>#<discount_id>`;
    a former code or title ends in `#<until>`. A name without `until` is in force.
    """

    class Meta:
        table_name = tables.name("discounts", "discount_names")

    KEEP: ClassVar = timedelta(days=400)

    shop = UnicodeAttribute(personal=True, hash_key=True)
    name = UnicodeAttribute(personal=False, range_key=True)
    discount_id = UnicodeAttribute(personal=False)
    kind = EnumAttribute(NameKind, personal=False)
    since = DateTimeAttribute(personal=False)
    until = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False, null=True)


class DiscountChange(Table):
    """A change of a discount. `shop_discount` is `<shop>#<discount_id>`.

    `before` and `after` hold the changed fields, of the items only the difference; over 4 kB, the address of an S3 object.
    """

    class Meta:
        table_name = tables.name("discounts", "discount_changes")

    KEEP: ClassVar = timedelta(days=731)

    shop_discount = UnicodeAttribute(personal=True, hash_key=True)
    shop = UnicodeAttribute(personal=True)
    discount_id = UnicodeAttribute(personal=False)
    version = IntegerAttribute(personal=False, range_key=True)
    changed_by = UnicodeAttribute(personal=True, null=True)
    before = JsonAttribute(personal=False, null=True)
    after = JsonAttribute(personal=False, null=True)
    changed_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
