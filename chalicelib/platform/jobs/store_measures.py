"""Queue consumer of the measures: of a store from its logs and its database, of endpoints, and of revenue."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.platform.schemas.measure_messages import (
    PerformanceRequested,
    RevenueReportRequested,
    StoreDaysRequested,
)
from chalicelib.platform.schemas.usage_messages import CensusRequested, UsageRollUpRequested
from chalicelib.platform.service import usage_hours
from chalicelib.platform.service.measures import performance, revenue

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-measure_store", batch_size=5, name="platform-measure_store")
@consumes(
    UsageRollUpRequested,
    CensusRequested,
    StoreDaysRequested,
    PerformanceRequested,
    RevenueReportRequested,
    layer="sql",
)
def measure_store(
    message: UsageRollUpRequested
    | CensusRequested
    | StoreDaysRequested
    | PerformanceRequested
    | RevenueReportRequested,
) -> None:
    """Compute the usage of a store's hours and days, count its rows, measure its days, or take a step of a report."""
    match message:
        case UsageRollUpRequested():
            usage_hours.roll_up_usage(message.store_id, message.hours)
        case CensusRequested():
            from chalicelib.platform.service import census  # noqa: PLC0415 - its SQL libraries are a layer

            census.count_store(message)
        case StoreDaysRequested():
            from chalicelib.platform.service.measures import store_days  # noqa: PLC0415 - its SQL libraries are a layer

            store_days.measure_store(message)
        case PerformanceRequested():
            performance.continue_measuring(message)
        case RevenueReportRequested():
            revenue.continue_report(message)
