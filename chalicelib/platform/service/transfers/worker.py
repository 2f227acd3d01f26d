"""The worker of transfers: leases a transfer, runs it for one turn, and retries or ends it after an error."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit import logs, messages
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.platform.domain.transfers import MAX_ATTEMPTS, OUTAGE_DELAY
from chalicelib.platform.enums import TransferKind, TransferStatus
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Transfer
from chalicelib.platform.repository import transfers
from chalicelib.platform.repository.transfers import TransferLeaseLost
from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service.transfers import exports, files, imports, usage
from chalicelib.platform.service.transfers.runs import TransferFailed, TransferWaits

_PASSING = frozenset(
    [
        FailureReason.DEADLOCK,
        FailureReason.LOCK_TIMEOUT,
        FailureReason.STATEMENT_TIMEOUT,
        FailureReason.DISCONNECTED,
    ]
)
_STUCK = "The transfer was interrupted too often; try again later."
_REFUSED = "The store's database refuses the transfer: a table is missing or its login lacks a privilege."

log = logs.logger("platform")


def transfer_rows(message: TransferDue) -> None:
    """Run a transfer until it ends, waits, or the worker's turn is over. Does nothing if it is leased or ended."""
    row = transfers.acquire_lease(message.store_id, message.transfer_id)
    while row is not None:
        row = _run_turn(row)


def _run_turn(row: Transfer) -> Transfer | None:
    """Run a leased transfer for one turn. Returns the import if it was canceled during the turn."""
    try:
        _run_leased(row)
    except TransferLeaseLost:
        log.info("transfer released: it was canceled or leased again", extra={"transfer": row.id})
        return transfers.find_cancelled(row)
    except BaseException:
        with suppress(TransferLeaseLost):
            transfers.release_lease(row, OUTAGE_DELAY, has_failed=True)
        raise
    return None


def _run_leased(row: Transfer) -> None:
    """Run a leased transfer to its end. Raises TransferLeaseLost."""
    try:
        if row.attempts > MAX_ATTEMPTS:
            raise TransferFailed(_STUCK)
        _run(row)
    except TransferWaits as waits:
        transfers.release_lease(row, waits.delay, waits.reason)
        if not waits.delay:
            messages.publish(TransferDue(store_id=row.store_id, transfer_id=row.id))
    except TransferFailed as failure:
        _end(row, TransferStatus.FAILED, {"error_message": str(failure)})
    except StoreNotFound:
        transfers.finish(row, TransferStatus.CANCELLED, {})
    except Unavailable as problem:
        _postpone(row, problem)
    except StatementFailed as failure:
        if failure.reason in _PASSING:
            _postpone(row, failure)
        elif failure.reason in (FailureReason.PRIVILEGE, FailureReason.MISSING):
            _end(row, TransferStatus.FAILED, {"error_message": _REFUSED})
        else:
            raise
    except Problem as problem:
        _end(row, TransferStatus.FAILED, {"error_message": problem.detail})


def _run(row: Transfer) -> None:
    if row.completed_at is not None:
        imports.save_cancelled(row)
        _end(row, TransferStatus.CANCELLED, {})
        return
    if row.kind is TransferKind.IMPORT:
        imports.run_import(row)
        _end(row, TransferStatus.COMPLETED, {"progress": 100})
        return
    count = exports.run_export(row)
    figures = {"rows_read": count, "rows_written": count, "progress": 100, "file_url": files.export_url(row)}
    _end(row, TransferStatus.COMPLETED, figures)


def _postpone(row: Transfer, error: Exception) -> None:
    """Release the transfer after a failure; `platform-resume_jobs` retries it."""
    log.info("transfer postponed", extra={"transfer": row.id, "error": type(error).__name__})
    transfers.release_lease(row, OUTAGE_DELAY, has_failed=True)


def _end(row: Transfer, status: TransferStatus, columns: dict[str, Any]) -> None:
    """End the transfer; a canceled one stays canceled. Records the usage of an import before, and deletes its cursor after."""
    is_import = row.kind is TransferKind.IMPORT
    if is_import:
        usage.record_import(row)
    transfers.finish(row, status, columns)
    log.info("transfer ended", extra={"transfer": row.id, "store": row.store_id, "status": row.status.value})
    if is_import:
        try:
            imports.forget_cursor(row)
        except Exception:
            log.exception("import cursor not deleted: the store's database cannot be used", extra={"transfer": row.id})
