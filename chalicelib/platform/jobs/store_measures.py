"""Queue consumer that measures a store: its usage from the logs, and its rows in its database."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.platform.schemas.usage_messages import CensusRequested, UsageRollUpRequested
from chalicelib.platform.service import usage_hours

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-measure_store", batch_size=5, name="platform-measure_store")
@consumes(UsageRollUpRequested, CensusRequested, layer="sql", maximum_concurrency=2)
def measure_store(message: UsageRollUpRequested | CensusRequested) -> None:
    """Compute the usage of a store's hours and days, or count its rows."""
    if isinstance(message, CensusRequested):
        from chalicelib.platform.service import census  # noqa: PLC0415 - its SQL libraries are a layer

        census.count_store(message)
    else:
        usage_hours.roll_up_usage(message.store_id, message.hours)
