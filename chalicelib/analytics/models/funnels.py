"""Tables of funnels, their daily step counts, and reports."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from chalicelib.analytics.enums import FunnelOrder, ReportEngine, ReportKind, ReportStatus
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class Funnel(Table):
    """A funnel of a site, computed daily. `steps` are `{name, where?}`; the window includes its last second."""

    class Meta:
        table_name = tables.name("analytics", "funnels")

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    funnel = UnicodeAttribute(personal=False, range_key=True)
    name = UnicodeAttribute(personal=False)
    steps = JsonAttribute(personal=False)
    order = EnumAttribute(FunnelOrder, personal=False, default=FunnelOrder.ORDERED)
    window_seconds = IntegerAttribute(personal=False, default=14 * 86_400)
    is_active = BooleanAttribute(personal=False, default=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class FunnelStep(Table):
    """The persons that reached one step of a funnel, by the day on which they entered it.

    `tenant_funnel` is `<tenant>#<funnel>`; `day_step` is `<day>#<step>` with two digits, from 01. The times are seconds
    from the step before; null at the first step, or if nobody reached the step.
    """

    class Meta:
        table_name = tables.name("analytics", "conversion_funnels")

    KEEP: ClassVar = timedelta(days=731)

    tenant_funnel = UnicodeAttribute(personal=True, hash_key=True)
    day_step = UnicodeAttribute(personal=False, range_key=True)
    funnel = UnicodeAttribute(personal=False)
    tenant = UnicodeAttribute(personal=True)
    day = DateAttribute(personal=False)
    step = IntegerAttribute(personal=False)
    step_name = UnicodeAttribute(personal=False)
    reached = IntegerAttribute(personal=False, default=0)
    dropped_off = IntegerAttribute(personal=False, default=0)
    average_seconds = DecimalAttribute(personal=False, null=True)
    median_seconds = DecimalAttribute(personal=False, null=True)
    is_final = BooleanAttribute(personal=False, default=False)
    computed_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class Report(Table):
    """A question about a site and its result, stored for seven days.

    `report_id` is the hash of the question and of the generations of its days. `result` is JSON, or the `s3://` address
    of a result over 4 kB.
    """

    class Meta:
        table_name = tables.name("analytics", "reports")

    KEEP: ClassVar = timedelta(days=7)

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    report_id = UnicodeAttribute(personal=False, range_key=True)
    kind = EnumAttribute(ReportKind, personal=False)
    question = JsonAttribute(personal=False)
    status = EnumAttribute(ReportStatus, personal=False)
    engine = EnumAttribute(ReportEngine, personal=False, null=True)
    athena_execution = UnicodeAttribute(personal=False, null=True)
    result = JsonAttribute(personal=False, null=True)
    error = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False)
