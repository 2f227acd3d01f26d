"""The log of calls of the stores' data APIs: each admitted call is recorded with one write."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import ids
from chalicelib.platform.domain.usage_logs import MAX_USER_AGENT, DataCall, network_of, start_of_hour, store_day
from chalicelib.platform.models import ApiUsageLog
from chalicelib.platform.repository import usage_hours, usage_logs

_MAX_HOURS = 1_000
_hours_added: dict[tuple[str, datetime], None] = {}
"""The hours that this process has added, the oldest first."""


def record_call(call: DataCall, source: str | None = None) -> None:
    """Store the log of an admitted call: one write, and a second one for a process's first call of a store's hour.

    The hour's row is written first: the roll-up finds the logs of a store by it. With `source`, the UUIDv7 of the
    logged object, a retry replaces the log.
    """
    _add_hour_once(call.store_id, start_of_hour(call.started_at))
    moment = call.started_at
    usage_logs.add_log(_log_of(call, ids.with_time(source, moment) if source else ids.time_ordered_at(moment)))


def _add_hour_once(store_id: str, hour: datetime) -> None:
    if (store_id, hour) in _hours_added:
        return
    usage_hours.add_hour(store_id, hour)
    _hours_added[store_id, hour] = None
    while len(_hours_added) > _MAX_HOURS:
        _hours_added.pop(next(iter(_hours_added)), None)


def _log_of(call: DataCall, log_id: str) -> ApiUsageLog:
    changes = {table: {kind: n for kind, n in rows.items() if n} for table, rows in call.changes.items()}
    return ApiUsageLog(
        store_day(call.store_id, call.started_at.date()),
        log_id,
        store_id=call.store_id,
        endpoint=call.endpoint,
        method=call.method,
        status_code=call.status_code,
        response_time_ms=call.response_time_ms,
        changes={table: rows for table, rows in changes.items() if rows} or None,
        bytes=call.bytes or None,
        amount=call.amount,
        ip_address=network_of(call.source_ip),
        user_agent=call.user_agent[:MAX_USER_AGENT] or None,
        error_message=call.error_code,
        created_at=call.started_at,
        expires_epoch=call.started_at + ApiUsageLog.KEEP,
    )
