"""Tables of experiments: tests, their variants, and the variant of each exposed subject."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.analytics.enums import ExperimentStatus, MetricKind
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class ExperimentsByTenant(GlobalSecondaryIndex["Experiment"]):
    """A tenant's tests by creation. No result touches it."""

    class Meta:
        index_name = "by_tenant"
        projection = KeysOnlyProjection()

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class ExperimentsByRunning(GlobalSecondaryIndex["Experiment"]):
    """The running tests of a shard. Sparse: `running` is removed when a test stops."""

    class Meta:
        index_name = "by_running"
        projection = KeysOnlyProjection()

    running = UnicodeAttribute(personal=False, hash_key=True)
    test_id = UnicodeAttribute(personal=False, range_key=True)


class Experiment(Table):
    """A test of two to ten variants, and its last result.

    The columns of variant a are the control's, those of variant b the second variant's. `running` is the tenant's shard
    (0 to 7) while the test runs. `confidence_level` is in percent. `namespace` is `[name, from, to]`. `statistics`
    holds, per variant against the control, effect, interval, p-values, chance to win, risk and reason.
    """

    class Meta:
        table_name = tables.name("analytics", "ab_tests")

    by_tenant = ExperimentsByTenant()
    by_running = ExperimentsByRunning()

    test_id = UnicodeAttribute(personal=False, hash_key=True)
    tenant = UnicodeAttribute(personal=True)
    shop = UnicodeAttribute(personal=True, null=True)
    test_name = UnicodeAttribute(personal=False)
    metric = UnicodeAttribute(personal=False)
    metric_kind = EnumAttribute(MetricKind, personal=False, default=MetricKind.PROPORTION)
    status = EnumAttribute(ExperimentStatus, personal=False)
    running = UnicodeAttribute(personal=False, null=True)
    hash_seed = UnicodeAttribute(personal=False)
    coverage = DecimalAttribute(personal=False, default=Decimal(1))
    namespace = JsonAttribute(personal=False, null=True)
    variant_a_config = JsonAttribute(personal=False)
    variant_b_config = JsonAttribute(personal=False)
    variant_a_conversions = IntegerAttribute(personal=False, default=0)
    variant_b_conversions = IntegerAttribute(personal=False, default=0)
    variant_a_revenue = DecimalAttribute(personal=False, default=Decimal(0))
    variant_b_revenue = DecimalAttribute(personal=False, default=Decimal(0))
    confidence_level = DecimalAttribute(personal=False, null=True)
    winner = UnicodeAttribute(personal=False, null=True)
    multiple_exposures = IntegerAttribute(personal=False, default=0)
    sample_ratio_p = DecimalAttribute(personal=False, null=True)
    statistics = JsonAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=0)
    started_at = DateTimeAttribute(personal=False, null=True)
    ended_at = DateTimeAttribute(personal=False, null=True)
    computed_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)


class ExperimentVariant(Table):
    """One variant of a test and its sums. The variant at `position` 0 is the control; `weight` is in basis points."""

    class Meta:
        table_name = tables.name("analytics", "ab_test_variants")

    test_id = UnicodeAttribute(personal=False, hash_key=True)
    variant = UnicodeAttribute(personal=False, range_key=True)
    position = IntegerAttribute(personal=False)
    weight = IntegerAttribute(personal=False)
    config = JsonAttribute(personal=False, null=True)
    exposures = IntegerAttribute(personal=False, default=0)
    conversions = IntegerAttribute(personal=False, default=0)
    revenue = DecimalAttribute(personal=False, default=Decimal(0))
    revenue_squares = DecimalAttribute(personal=False, default=Decimal(0))
    computed_at = DateTimeAttribute(personal=False, null=True)


class ExperimentAssignmentsBySubject(GlobalSecondaryIndex["ExperimentAssignment"]):
    """The tests that a subject was exposed to, for erasure and export."""

    class Meta:
        index_name = "by_subject"
        projection = KeysOnlyProjection()

    subject = UnicodeAttribute(personal=True, hash_key=True)
    test_id = UnicodeAttribute(personal=False, range_key=True)


class ExperimentAssignment(Table):
    """The variant of a subject's first exposure. `is_excluded`: the subject saw two variants and counts in neither."""

    class Meta:
        table_name = tables.name("analytics", "ab_test_assignments")

    KEEP: ClassVar = timedelta(days=400)
    """A test stops by itself after 90 days."""

    by_subject = ExperimentAssignmentsBySubject()

    test_id = UnicodeAttribute(personal=False, hash_key=True)
    subject = UnicodeAttribute(personal=True, range_key=True)
    variant = UnicodeAttribute(personal=False)
    is_excluded = BooleanAttribute(personal=False, default=False)
    assigned_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
