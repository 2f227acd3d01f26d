"""Tables of exports of figures and of store groups."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.discounts.enums import FigureExportStatus, FigureKind
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class FigureExport(Table):
    """An export of figures to a CSV file. `asked` is the query; `s3_key` is the file, which is deleted with the row."""

    class Meta:
        table_name = tables.name("discounts", "exports")

    KEEP: ClassVar = timedelta(days=14)

    shop = UnicodeAttribute(personal=True, hash_key=True)
    export_id = UnicodeAttribute(personal=False, range_key=True)
    kind = EnumAttribute(FigureKind, personal=False)
    asked = JsonAttribute(personal=False)
    status = EnumAttribute(FigureExportStatus, personal=False)
    s3_key = UnicodeAttribute(personal=False, null=True)
    row_count = IntegerAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class StoreGroupMembersByShop(GlobalSecondaryIndex["StoreGroupMember"]):
    """The group of a shop."""

    class Meta:
        index_name = "by_shop"
        projection = KeysOnlyProjection()

    shop = UnicodeAttribute(personal=True, hash_key=True)


class StoreGroupMember(Table):
    """A store of a group. A shop is in at most one group, and a place of a group has at most one shop: unique values.

    `invite_hash` is the SHA-256 of the code of this shop's open invitation; a join removes it by condition, so that a
    code works once.
    """

    class Meta:
        table_name = tables.name("discounts", "store_groups")

    by_shop = StoreGroupMembersByShop()

    group_id = UnicodeAttribute(personal=False, hash_key=True)
    shop = UnicodeAttribute(personal=True, range_key=True)
    place = IntegerAttribute(personal=False)
    invite_hash = UnicodeAttribute(personal=False, null=True)
    invite_until = DateTimeAttribute(personal=False, null=True)
    joined_at = DateTimeAttribute(personal=False)
