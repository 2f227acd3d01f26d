"""Table of CSV imports and exports of stores."""

from __future__ import annotations

from datetime import timedelta

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.platform.enums import TransferKind, TransferMode, TransferStatus


class TransfersByLease(GlobalSecondaryIndex["Transfer"]):
    """Unfinished transfers by the end of their lease. Sparse."""

    class Meta:
        index_name = "by_lease"
        projection = KeysOnlyProjection()

    unfinished = UnicodeAttribute(personal=False, hash_key=True, null=True)
    lease_until = DateTimeAttribute(personal=False, range_key=True, null=True)


class TransfersByStore(GlobalSecondaryIndex["Transfer"]):
    """Unfinished transfers of a store. Sparse."""

    class Meta:
        index_name = "by_store"
        projection = KeysOnlyProjection()

    store_id = UnicodeAttribute(personal=False, hash_key=True)
    unfinished = UnicodeAttribute(personal=False, range_key=True, null=True)


class Transfer(Table):
    """A CSV file of a store: an import into a table, or an export of one.

    `id` is a UUIDv7, so that a store's transfers are in the order of their creation. `filter` selects the rows of an
    export. `progress` is percent. `rows_read`, `rows_written` and `rows_failed` count data lines. `file_url` is the
    file in S3, `report_url` the rejected rows with line, column and reason. `cursor` is the position of an import.
    `unfinished` is set while a worker has work to do; `lease_holder` is that worker, `attempts` counts its leases
    without progress.
    """

    class Meta:
        table_name = tables.name("platform", "transfers")

    KEEP = timedelta(days=30)
    RUNNING = "running"
    by_lease = TransfersByLease()
    by_store = TransfersByStore()

    store_id = UnicodeAttribute(personal=False, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)
    kind = EnumAttribute(TransferKind, personal=False)
    table_name = UnicodeAttribute(personal=False)
    mode = EnumAttribute(TransferMode, personal=False, null=True)
    is_dry_run = BooleanAttribute(personal=False, default=False)
    filter = JsonAttribute(personal=True, null=True)
    status = EnumAttribute(TransferStatus, personal=False)
    progress = IntegerAttribute(personal=False, default=0)
    rows_read = IntegerAttribute(personal=False, default=0)
    rows_written = IntegerAttribute(personal=False, default=0)
    rows_failed = IntegerAttribute(personal=False, default=0)
    file_url = UnicodeAttribute(personal=False, null=True)
    report_url = UnicodeAttribute(personal=False, null=True)
    cursor = JsonAttribute(personal=False, null=True)
    lease_until = DateTimeAttribute(personal=False, null=True)
    lease_holder = UnicodeAttribute(personal=False, null=True)
    attempts = IntegerAttribute(personal=False, default=0)
    unfinished = UnicodeAttribute(personal=False, null=True)
    error_message = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False)
