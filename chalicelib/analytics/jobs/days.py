"""The computation of days."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.schemas.days import DayDue
from chalicelib.analytics.service import computation
from chalicelib.kit.jobs import consumes

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-compute_day", batch_size=1, name="analytics-compute_day")
# maximum_concurrency: the days of all tenants are due at once after midnight
@consumes(DayDue, layer="duckdb", maximum_concurrency=10, reports_errors=False)
def compute_day(message: DayDue) -> None:
    """Compute a tenant's day."""
    computation.compute_day(message.tenant, message.day)
