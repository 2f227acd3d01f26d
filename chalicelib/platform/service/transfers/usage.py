"""The usage of imports: the log of the data API gets one entry for all rows that an import created and changed."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.platform.domain.transfers import cursor_of_json
from chalicelib.platform.domain.usage_logs import DataCall
from chalicelib.platform.models import Transfer
from chalicelib.platform.repository import transfers
from chalicelib.platform.service import usage_logs

_ENDPOINT = "import"
_ENDED_AT = "ended_at"


def record_import(row: Transfer) -> None:
    """Log the rows of an import that ends. The time is stored in its row, so that a retry replaces the entry.

    Raises TransferLeaseLost.
    """
    cursor = cursor_of_json(row.cursor or {})
    if row.is_dry_run or not cursor.rows_created + cursor.rows_updated:
        return
    if _ENDED_AT not in row.cursor:
        transfers.save_progress(row, {"cursor": row.cursor | {_ENDED_AT: clock.iso(clock.now())}})
    call = DataCall(
        store_id=row.store_id,
        endpoint=f"{_ENDPOINT} {row.table_name}",
        method="POST",
        status_code=202,
        started_at=clock.parse(row.cursor[_ENDED_AT]),
        response_time_ms=0,
        changes={row.table_name: {"created": cursor.rows_created, "updated": cursor.rows_updated}},
    )
    usage_logs.record_call(call, source=row.id)
