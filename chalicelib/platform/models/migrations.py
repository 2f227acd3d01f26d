"""Tables of fleet migrations: the runs, and each run's report with a row for every store."""

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
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.platform.enums import MigrationRunStatus, StoreMigrationStatus


class MigrationRunsByStart(GlobalSecondaryIndex["MigrationRun"]):
    """All runs by start. Runs are rare, so that one partition holds them."""

    class Meta:
        index_name = "by_start"
        projection = KeysOnlyProjection()

    fleet = UnicodeAttribute(personal=False, hash_key=True)
    started_at = DateTimeAttribute(personal=False, range_key=True)


class MigrationRun(Table):
    """A migration of all stores to a revision. `is_canary`: the first stores run alone, and the first failure stops it.

    `is_listed` is set once each store has its row, `has_started_others` when the stores after the canary are started.
    `fleet` is a constant, for the index.
    """

    class Meta:
        table_name = tables.name("platform", "migration_runs")

    FLEET = "stores"
    by_start = MigrationRunsByStart()

    id = UnicodeAttribute(personal=False, hash_key=True)
    revision = UnicodeAttribute(personal=False)
    status = EnumAttribute(MigrationRunStatus, personal=False)
    is_canary = BooleanAttribute(personal=False, default=True)
    total = IntegerAttribute(personal=False, default=0)
    done = IntegerAttribute(personal=False, default=0)
    failed = IntegerAttribute(personal=False, default=0)
    skipped = IntegerAttribute(personal=False, default=0)
    fleet = UnicodeAttribute(personal=False, default=FLEET)
    is_listed = BooleanAttribute(personal=False, default=False)
    has_started_others = BooleanAttribute(personal=False, default=False)
    started_by = UnicodeAttribute(personal=False)
    started_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)


class StoreMigrationsByStatus(GlobalSecondaryIndex["StoreMigration"]):
    """The stores of a run by status."""

    class Meta:
        index_name = "by_status"
        projection = KeysOnlyProjection()

    run_id = UnicodeAttribute(personal=False, hash_key=True)
    status = EnumAttribute(StoreMigrationStatus, personal=False, range_key=True)


class StoreMigration(Table):
    """The migration of one store in a run. `statement` is the next one of the revision, for MySQL."""

    class Meta:
        table_name = tables.name("platform", "store_migrations")

    KEEP = timedelta(days=365)
    by_status = StoreMigrationsByStatus()

    run_id = UnicodeAttribute(personal=False, hash_key=True)
    store_id = UnicodeAttribute(personal=False, range_key=True)
    status = EnumAttribute(StoreMigrationStatus, personal=False)
    from_revision = UnicodeAttribute(personal=False, null=True)
    to_revision = UnicodeAttribute(personal=False, null=True)
    statement = IntegerAttribute(personal=False, default=0)
    duration_ms = IntegerAttribute(personal=False, null=True)
    error_message = UnicodeAttribute(personal=False, null=True)
    updated_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
